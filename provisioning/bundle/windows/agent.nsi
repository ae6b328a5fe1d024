; The installer for one person's Windows. Built by exe.py, which defines OUT VERSION FILES SERVER PAGE LEAST_WINDOWS.
;
; Silent: /S [/CODE=...]   exit codes: 0 well; 1 or 2 given up, nothing replaced; 3 installed, but the code was refused or none was given
;                          (log\install.log says why); 4 this Windows is too old; 5 the program is in use
; Program: %LOCALAPPDATA%\Programs\DiemCau   Its folder: %LOCALAPPDATA%\DiemCau, kept by an upgrade

Unicode true
Target amd64-unicode
SetCompressor /SOLID lzma
RequestExecutionLevel user
ManifestSupportedOS all
ManifestDPIAware true

!include MUI2.nsh
!include nsDialogs.nsh
!include LogicLib.nsh
!include FileFunc.nsh
!include WinVer.nsh

!define GIVEN_UP 2
!define NOT_ENROLLED 3
!define TOO_OLD 4
!define IN_USE 5
!define RUN_KEY "Software\Microsoft\Windows\CurrentVersion\Run"
!define UNINSTALL_KEY "Software\Microsoft\Windows\CurrentVersion\Uninstall\DiemCau"
!define MENU "$SMPROGRAMS\Điểm Cầu"
!define PYTHON '"$INSTDIR\app\python\python.exe" -I -X utf8'

Name "Điểm Cầu"
OutFile "${OUT}"
InstallDir "$LOCALAPPDATA\Programs\DiemCau"
BrandingText "Điểm Cầu ${VERSION}"
VIProductVersion "${VERSION}.0"
VIAddVersionKey ProductName "Điểm Cầu"
VIAddVersionKey FileDescription "Điểm Cầu: phần mềm kiểm tra của điểm cầu"
VIAddVersionKey FileVersion "${VERSION}"
VIAddVersionKey LegalCopyright "Apache-2.0"

Var CODE
Var HOME
Var TOLD
Var MAY_RUN
Var FIELD
Var HINT
Var STATE ; how the agent's last command ended

!define MUI_ICON "${NSISDIR}\Contrib\Graphics\Icons\orange-install.ico"
!define MUI_UNICON "${NSISDIR}\Contrib\Graphics\Icons\orange-uninstall.ico"
!define MUI_WELCOMEFINISHPAGE_BITMAP "${NSISDIR}\Contrib\Graphics\Wizard\orange.bmp"
!define MUI_ABORTWARNING
!define MUI_ABORTWARNING_TEXT "Dừng cài đặt Điểm Cầu?"
!define MUI_WELCOMEPAGE_TITLE "Cài phần mềm kiểm tra của điểm cầu"
!define MUI_WELCOMEPAGE_TEXT "Phần mềm đo máy tính và đường truyền này, gửi kết quả về trung tâm Điểm Cầu để biết nơi đây đã sẵn sàng họp chưa.$\r$\n$\r$\nKhông gửi hình ảnh, âm thanh, tên người dùng hay nội dung trong máy. Không cần quyền quản trị. Gỡ được bất cứ lúc nào.$\r$\n$\r$\nHãy có sẵn phiếu in mã của điểm cầu, rồi bấm Cài đặt.$\r$\n$\r$\nThis program measures the computer and its line for Điểm Cầu. Have the sheet with your site's code at hand."
!insertmacro MUI_PAGE_WELCOME
!define MUI_PAGE_HEADER_TEXT "Đang cài đặt"
!define MUI_PAGE_HEADER_SUBTEXT "Mất chừng một phút."
!insertmacro MUI_PAGE_INSTFILES
Page custom ShowCode LeaveCode
!define MUI_FINISHPAGE_TITLE "Đã cài xong"
!define MUI_FINISHPAGE_TEXT "$TOLD"
!define MUI_FINISHPAGE_TEXT_LARGE
!define MUI_PAGE_CUSTOMFUNCTION_SHOW LockBack
!insertmacro MUI_PAGE_FINISH
!define MUI_UNCONFIRMPAGE_TEXT_TOP "Gỡ phần mềm kiểm tra khỏi máy này, cùng mọi kết quả chưa gửi."
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE "Vietnamese"
MiscButtonText "< Quay lại" "Tiếp tục >" "Hủy" "Đóng"
InstallButtonText "Cài đặt"
UninstallButtonText "Gỡ"

; --- before anything is changed

Function .onInit
  StrCpy $HOME "$LOCALAPPDATA\DiemCau"
  ${GetParameters} $0
  ${GetOptions} $0 "/CODE=" $CODE
  ClearErrors
  ${IfNot} ${AtLeastWin${LEAST_WINDOWS}}
    SetErrorLevel ${TOO_OLD}
    MessageBox MB_OK|MB_ICONINFORMATION "Máy này chạy Windows cũ nên không cài được phần mềm kiểm tra.$\r$\n$\r$\nHãy dùng máy tính khác, hoặc mở trang này bằng trình duyệt:$\r$\n${PAGE}$\r$\nCần giúp: gọi đầu mối ghi trên phiếu.$\r$\n$\r$\nThis Windows is too old for the program. Use another computer, or open the page above in a browser; the contact on your sheet helps." /SD IDOK
    Quit
  ${EndIf}
FunctionEnd

; --- files

; Ends the resident of this person, by its lock and not by its name; $STATE is 0 when none runs any more.
; An upgrade asks by the new program, since the old one may be damaged.
!macro STOP APP
  StrCpy $STATE 0
  ${If} ${FileExists} "$INSTDIR\${APP}\python\python.exe"
    nsExec::Exec '"$INSTDIR\${APP}\python\python.exe" -I -X utf8 -m agent.cli stop'
    Pop $STATE
  ${EndIf}
!macroend

Section
  RMDir /r "$INSTDIR\app.new" ; of an installer that was broken off
  ClearErrors
  !include "${FILES}"
  IfErrors not_written
  SetOutPath "$INSTDIR"
  !insertmacro STOP app.new
  ${If} $STATE != 0
    Goto in_use
  ${EndIf}
  RMDir /r "$INSTDIR\app.old"
  ClearErrors
  ${If} ${FileExists} "$INSTDIR\app"
    Rename "$INSTDIR\app" "$INSTDIR\app.old"
    IfErrors in_use
  ${EndIf}
  Rename "$INSTDIR\app.new" "$INSTDIR\app"
  IfErrors put_back
  RMDir /r "$INSTDIR\app.old"
  Goto replaced
not_written:
  SetOutPath "$INSTDIR"
  RMDir /r "$INSTDIR\app.new"
  SetErrorLevel ${GIVEN_UP}
  MessageBox MB_OK|MB_ICONEXCLAMATION "Không ghi được tệp nên chưa cài; bản cũ, nếu có, vẫn chạy. Hãy dọn bớt ổ đĩa, cho phép phần mềm này trong chương trình diệt virus, rồi chạy lại bộ cài.$\r$\n$\r$\nThe files could not be written; an older version stays as it is. Make room on the disk, allow this program in the antivirus, and start this installer again." /SD IDOK
  Quit
put_back:
  Rename "$INSTDIR\app.old" "$INSTDIR\app"
in_use:
  RMDir /r "$INSTDIR\app.new"
  SetErrorLevel ${IN_USE}
  MessageBox MB_OK|MB_ICONEXCLAMATION "Phần mềm kiểm tra đang được dùng nên chưa thay được. Hãy đóng các cửa sổ của nó rồi chạy lại bộ cài này.$\r$\n$\r$\nThe program is in use. Close its windows and start this installer again." /SD IDOK
  Call StartResident
  Quit
replaced:
  Call WriteCommand
  WriteUninstaller "$INSTDIR\uninstall.exe"
  WriteRegStr HKCU "${RUN_KEY}" "DiemCau" '"$INSTDIR\app\python\pythonw.exe" -I -X utf8 -m agent.resident --settings "$HOME\settings.json"'
  WriteRegStr HKCU "${UNINSTALL_KEY}" "DisplayName" "Điểm Cầu: phần mềm kiểm tra"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "DisplayVersion" "${VERSION}"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "DisplayIcon" "$INSTDIR\uninstall.exe"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "Publisher" "Điểm Cầu"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "InstallLocation" "$INSTDIR"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "UninstallString" '"$INSTDIR\uninstall.exe"'
  WriteRegStr HKCU "${UNINSTALL_KEY}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /S'
  WriteRegDWORD HKCU "${UNINSTALL_KEY}" "NoModify" 1
  WriteRegDWORD HKCU "${UNINSTALL_KEY}" "NoRepair" 1
  CreateDirectory "${MENU}"
  CreateShortcut "${MENU}\Tìm trục trặc.lnk" "$SYSDIR\cmd.exe" '/c ""$INSTDIR\diemcau-agent.cmd" doctor & pause"' "$INSTDIR\uninstall.exe"
  CreateShortcut "${MENU}\Đo ngay.lnk" "$SYSDIR\cmd.exe" '/c ""$INSTDIR\diemcau-agent.cmd" once & pause"' "$INSTDIR\uninstall.exe"
  CreateShortcut "${MENU}\Gõ mã.lnk" "$SYSDIR\cmd.exe" '/c "set /p DIEMCAU_AGENT_CODE=Mã in trên phiếu / The code on the sheet: & "$INSTDIR\diemcau-agent.cmd" enrol --later & pause"' "$INSTDIR\uninstall.exe"
  StrCpy $STATE 0
  ${If} ${Silent}
  ${AndIf} $CODE != ""
    Call Enrol
  ${EndIf}
  Call LookWhetherItMayRun
  ${If} $MAY_RUN == yes
    Call StartResident
  ${EndIf}
  ${If} ${Silent}
    ${If} $MAY_RUN != yes
    ${OrIf} $STATE != 0
      SetErrorLevel ${NOT_ENROLLED}
    ${EndIf}
  ${EndIf}
SectionEnd

; The command line for technicians, which knows the centre. Once it has enrolled, the resident starts anew.
Function WriteCommand
  FileOpen $0 "$INSTDIR\diemcau-agent.cmd" w
  FileWrite $0 "@echo off$\r$\n"
  FileWrite $0 "set DIEMCAU_AGENT_SERVER=${SERVER}$\r$\n"
  FileWrite $0 "set DIEMCAU_AGENT_CA=%~dp0app\ca.pem$\r$\n"
  FileWrite $0 '"%~dp0app\python\python.exe" -I -X utf8 -m agent.cli %*$\r$\n'
  FileWrite $0 'if not "%errorlevel%"=="0" exit /b %errorlevel%$\r$\n'
  FileWrite $0 'if not "%1"=="enrol" exit /b 0$\r$\n'
  FileWrite $0 '"%~dp0app\python\python.exe" -I -X utf8 -m agent.cli stop > nul$\r$\n'
  FileWrite $0 'start "" "%~dp0app\python\pythonw.exe" -I -X utf8 -m agent.resident --settings "%LOCALAPPDATA%\DiemCau\settings.json"$\r$\n'
  FileClose $0
FunctionEnd

; --- the code, on a page of its own

Function ShowCode
  ${If} ${FileExists} "$HOME\settings.json"
    StrCpy $TOLD "Máy này đã đăng ký. Phần mềm đang chạy, và tự chạy lại mỗi khi tài khoản này đăng nhập Windows.$\r$\n$\r$\nThis computer is enrolled; the program runs whenever this account is logged on."
    Abort
  ${EndIf}
  !insertmacro MUI_HEADER_TEXT "Mã của điểm cầu" "Mã in trên phiếu, ví dụ K7QF2MX-ABCDE-FGHJK-4"
  nsDialogs::Create 1018
  Pop $0
  ${NSD_CreateLabel} 0 0 100% 20u "Gõ mã in trên phiếu của điểm cầu, rồi bấm Tiếp tục.$\r$\nType the code on your site's sheet."
  Pop $0
  ${NSD_CreateText} 0 26u 70% 14u "$CODE"
  Pop $FIELD
  ${NSD_CreateLabel} 0 46u 100% 20u "Chữ hoa hay chữ thường đều được. Máy sẽ hỏi trung tâm; nếu chưa có mạng thì tự thử lại sau."
  Pop $HINT
  ${NSD_SetFocus} $FIELD
  nsDialogs::Show
FunctionEnd

Function LeaveCode
  ${NSD_GetText} $FIELD $CODE
  ${If} $CODE == ""
    MessageBox MB_OK|MB_ICONINFORMATION "Hãy gõ mã in trên phiếu của điểm cầu."
    Abort
  ${EndIf}
  ${NSD_SetText} $HINT "Đang hỏi trung tâm, xin đợi…"
  GetDlgItem $0 $HWNDPARENT 1
  EnableWindow $0 0
  Call Enrol
  EnableWindow $0 1
  ${If} $STATE != 0
    ${NSD_SetText} $HINT ""
    MessageBox MB_OK|MB_ICONEXCLAMATION "$TOLD"
    Abort
  ${EndIf}
  StrCpy $TOLD "$TOLD$\r$\nPhần mềm đang chạy, và tự chạy lại mỗi khi tài khoản này đăng nhập Windows: ngày họp hãy dùng tài khoản này. Có thể đóng cửa sổ này."
  Call StartResident
FunctionEnd

Function LockBack
  GetDlgItem $0 $HWNDPARENT 3
  EnableWindow $0 0
FunctionEnd

; Asks the centre; what the agent says goes to the log and to $TOLD. The code travels by the environment: a command line
; is read by every program of this machine, and has its own meaning for some letters.
Function Enrol
  CreateDirectory "$HOME\log"
  StrCpy $1 $CODE
  System::Call 'kernel32::SetEnvironmentVariable(t "DIEMCAU_AGENT_CODE", t r1)'
  System::Call 'kernel32::SetEnvironmentVariable(t "DIEMCAU_AGENT_SERVER", t "${SERVER}")'
  System::Call 'kernel32::SetEnvironmentVariable(t "DIEMCAU_AGENT_CA", t "$INSTDIR\app\ca.pem")'
  nsExec::Exec '"$SYSDIR\cmd.exe" /d /c "${PYTHON} -m agent.cli enrol --later > "$HOME\log\install.log" 2>&1"'
  Pop $STATE
  Call ReadTold
FunctionEnd

; Reads the log, which is UTF-8, into $TOLD.
Function ReadTold
  StrCpy $TOLD ""
  System::Call 'kernel32::CreateFile(t "$HOME\log\install.log", i 0x80000000, i 3, p 0, i 3, i 0, p 0) p .r1'
  System::Alloc 1000
  Pop $2
  System::Call 'kernel32::ReadFile(p r1, p r2, i 1000, *i .r3, p 0)'
  System::Call 'kernel32::CloseHandle(p r1)'
  System::Call 'kernel32::MultiByteToWideChar(i 65001, i 0, p r2, i r3, t .r4, i ${NSIS_MAX_STRLEN})'
  System::Free $2
  StrCpy $TOLD $4
FunctionEnd

; It runs once it is enrolled, or has asked to be and was not answered yet.
Function LookWhetherItMayRun
  StrCpy $MAY_RUN no
  ${If} ${FileExists} "$HOME\settings.json"
  ${OrIf} ${FileExists} "$HOME\enrolment.json"
    StrCpy $MAY_RUN yes
  ${EndIf}
FunctionEnd

Function StartResident
  SetOutPath "$INSTDIR"
  Exec '"$INSTDIR\app\python\pythonw.exe" -I -X utf8 -m agent.resident --settings "$HOME\settings.json"'
FunctionEnd

; --- removing

Section Uninstall
  StrCpy $HOME "$LOCALAPPDATA\DiemCau"
  SetOutPath "$TEMP"
  !insertmacro STOP app
  ${If} $STATE != 0
    SetErrorLevel ${IN_USE}
    MessageBox MB_OK|MB_ICONEXCLAMATION "Chưa dừng được phần mềm kiểm tra nên chưa gỡ gì. Hãy khởi động lại máy rồi gỡ lại; vẫn không được thì chạy lại bộ cài trước, rồi gỡ.$\r$\n$\r$\nThe program could not be stopped, and nothing was removed. Restart the computer and try again; if that does not help, run the installer first." /SD IDOK
    Quit
  ${EndIf}
  ClearErrors
  RMDir /r "$INSTDIR\app"
  ${If} ${Errors}
    SetErrorLevel ${IN_USE}
    MessageBox MB_OK|MB_ICONEXCLAMATION "Phần mềm kiểm tra đang được dùng nên chưa gỡ hết. Hãy đóng các cửa sổ của nó rồi gỡ lại.$\r$\n$\r$\nThe program is in use. Close its windows and uninstall again." /SD IDOK
    Quit
  ${EndIf}
  DeleteRegValue HKCU "${RUN_KEY}" "DiemCau"
  DeleteRegKey HKCU "${UNINSTALL_KEY}"
  DeleteRegKey /ifempty HKCU "Software\Microsoft\Windows\CurrentVersion\Uninstall"
  RMDir /r "${MENU}"
  RMDir /r "$HOME"
  Delete "$INSTDIR\diemcau-agent.cmd"
  Delete "$INSTDIR\uninstall.exe"
  RMDir "$INSTDIR"
  RMDir "$LOCALAPPDATA\Programs" ; goes only if nothing else is in it
SectionEnd
