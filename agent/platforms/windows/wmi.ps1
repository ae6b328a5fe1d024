# Asks WMI for what no library call tells, and prints it as JSON: for each class its rows, or the code of its error.
#
# For Windows PowerShell 2 (Windows 7) to 5.1, and for people without rights. Get-WmiObject is in all of these;
# ConvertTo-Json and Get-CimInstance are not, and cmdlets such as Get-NetAdapter write numbers as the language has them.
# Every letter of a string is escaped, so that neither code page nor line width matters. No double quote in this file:
# it is handed over on a command line.

$asked = @(
    @('root\cimv2', 'Win32_OperatingSystem', 'Caption'),
    @('root\cimv2', 'Win32_VideoController', 'CurrentHorizontalResolution', 'CurrentVerticalResolution'),
    @('root\wmi', 'WmiMonitorConnectionParams', 'Active', 'VideoOutputTechnology'),
    @('root\StandardCimv2', 'MSFT_NetAdapter', 'InterfaceIndex', 'FullDuplex'),
    @('root\Microsoft\Windows\Storage', 'MSFT_PhysicalDisk', 'BusType', 'HealthStatus'),
    @('root\cimv2', 'Win32_DiskDrive', 'InterfaceType', 'Status'),
    @('root\wmi', 'MSAcpi_ThermalZoneTemperature', 'CurrentTemperature'),
    @('root\cimv2', 'Win32_PerfFormattedData_Counters_ThermalZoneInformation', 'HighPrecisionTemperature')
)

$quote = [string][char]34

function ConvertTo-Text($value) {
    if ($null -eq $value) { return 'null' }
    if ($value -is [bool]) { return ([string]$value).ToLower() }
    if ($value -isnot [string]) { return [string]$value }
    $letters = foreach ($letter in $value.ToCharArray()) { '\u{0:x4}' -f [int]$letter }
    $quote + (@($letters) -join '') + $quote
}

$told = foreach ($one in $asked) {
    $namespace, $class, $properties = $one
    try {
        $found = @(Get-WmiObject -Namespace $namespace -Class $class -Property $properties -ErrorAction Stop)
        $rows = foreach ($row in $found) {
            $pairs = foreach ($name in $properties) { (ConvertTo-Text $name) + ':' + (ConvertTo-Text $row.$name) }
            '{' + (@($pairs) -join ',') + '}'
        }
        $answer = '[' + (@($rows) -join ',') + ']'
    } catch {
        $answer = ConvertTo-Text ([string]$_.Exception.ErrorCode + ' ' + [string]$_.FullyQualifiedErrorId)
    }
    (ConvertTo-Text $class) + ':' + $answer
}
'{' + (@($told) -join ',') + '}'
