; The small program that also runs on a 32-bit Windows: it starts the installer that lies beside it, or says in words
; what to do where that cannot be installed. Built by exe.py, which defines OUT VERSION INSTALLER PAGE LEAST_WINDOWS.
;
; Exit codes: that of the installer; 4 where this Windows cannot have it; 6 when the installer does not lie beside it

Unicode true
Target x86-unicode
RequestExecutionLevel user
ManifestSupportedOS all
ManifestDPIAware true

!include LogicLib.nsh
!include x64.nsh
!include WinVer.nsh
!include FileFunc.nsh

!define TOO_OLD 4
!define NO_INSTALLER 6

Name "Điểm Cầu"
OutFile "${OUT}"
VIProductVersion "${VERSION}.0"
VIAddVersionKey ProductName "Điểm Cầu"
VIAddVersionKey FileDescription "Điểm Cầu: chọn bộ cài cho máy này"
VIAddVersionKey FileVersion "${VERSION}"
VIAddVersionKey LegalCopyright "Apache-2.0"
LoadLanguageFile "${NSISDIR}\Contrib\Language files\Vietnamese.nlf"

Function .onInit
  ${IfNot} ${RunningX64}
  ${OrIfNot} ${AtLeastWin${LEAST_WINDOWS}}
    SetErrorLevel ${TOO_OLD}
    MessageBox MB_OK|MB_ICONINFORMATION "Máy này chạy Windows cũ hoặc Windows 32 bit nên không cài được phần mềm kiểm tra.$\r$\n$\r$\nHãy kiểm tra bằng trình duyệt, không cần cài gì: mở đường dẫn in trên phiếu của điểm cầu, hoặc$\r$\n${PAGE}$\r$\n$\r$\nThis Windows is too old or 32-bit. Open the link on your site's sheet in a browser instead." /SD IDOK
    Quit
  ${EndIf}
  ${IfNot} ${FileExists} "$EXEDIR\${INSTALLER}"
    SetErrorLevel ${NO_INSTALLER}
    MessageBox MB_OK|MB_ICONINFORMATION "Hãy tải thêm tệp ${INSTALLER} vào cùng thư mục với tệp này, rồi chạy lại.$\r$\n$\r$\nPut ${INSTALLER} into the same folder and start this again." /SD IDOK
    Quit
  ${EndIf}
  ${GetParameters} $0
  ExecWait '"$EXEDIR\${INSTALLER}" $0' $1
  SetErrorLevel $1
  Quit
FunctionEnd

Section ; all is done before it
SectionEnd
