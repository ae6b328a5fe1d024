; The small program that also runs on a 32-bit Windows: it starts the installer that lies beside it, or says in words
; what to do where that cannot be installed. Built by exe.py, which defines OUT VERSION INSTALLER PAGE LEAST_WINDOWS.
;
; Exit codes: that of the installer; 4 where this Windows cannot have it; 6 when the installer does not lie beside it;
; 7 when Windows did not start it

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
!define NOT_STARTED 7

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
    MessageBox MB_OK|MB_ICONINFORMATION "Máy này chạy Windows cũ hoặc Windows 32 bit nên không cài được phần mềm kiểm tra.$\r$\n$\r$\nHãy dùng máy tính khác, hoặc mở trang này bằng trình duyệt:$\r$\n${PAGE}$\r$\nCần giúp: gọi đầu mối ghi trên phiếu.$\r$\n$\r$\nThis Windows is too old or 32-bit. Use another computer, or open the page above in a browser; the contact on your sheet helps." /SD IDOK
    Quit
  ${EndIf}
  ${IfNot} ${FileExists} "$EXEDIR\${INSTALLER}"
    SetErrorLevel ${NO_INSTALLER}
    MessageBox MB_OK|MB_ICONINFORMATION "Hãy tải thêm tệp ${INSTALLER} vào cùng thư mục với tệp này, rồi chạy lại.$\r$\n$\r$\nPut ${INSTALLER} into the same folder and start this again." /SD IDOK
    Quit
  ${EndIf}
  ${GetParameters} $0
  ClearErrors
  ExecWait '"$EXEDIR\${INSTALLER}" $0' $1
  ${If} ${Errors}
    SetErrorLevel ${NOT_STARTED}
    MessageBox MB_OK|MB_ICONEXCLAMATION "Windows không mở được tệp ${INSTALLER}: tệp tải về còn thiếu, hoặc bị chương trình diệt virus chặn. Hãy tải lại tệp ấy rồi chạy lại.$\r$\n$\r$\nWindows did not start ${INSTALLER}: it is incomplete, or an antivirus holds it. Download it again and start this once more." /SD IDOK
    Quit
  ${EndIf}
  SetErrorLevel $1
  Quit
FunctionEnd

Section ; all is done before it
SectionEnd
