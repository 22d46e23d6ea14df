#include "afd.h"

#include <winternl.h>

#ifndef SIO_BASE_HANDLE
#define SIO_BASE_HANDLE 0x48000022
#endif
#ifndef SIO_BSP_HANDLE_POLL
#define SIO_BSP_HANDLE_POLL 0x4800001D
#endif

#define IOCTL_AFD_POLL 0x00012024

/* The status numbers of NT that matter here; ntstatus.h quarrels with windows.h. */
#define NT_SUCCESS_LEAST ((NTSTATUS)0)
#define NT_PENDING ((NTSTATUS)0x103)
#define NT_TIMEOUT ((NTSTATUS)0x102)

/* 100 ns, the unit of NT's times. */
#define NT_TICKS_PER_MS 10000
#define NT_FOREVER INT64_MAX

typedef NTSTATUS(NTAPI *create_file_function)(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES,
                                              PIO_STATUS_BLOCK, PLARGE_INTEGER, ULONG, ULONG, ULONG,
                                              ULONG, PVOID, ULONG);
typedef NTSTATUS(NTAPI *control_function)(HANDLE, HANDLE, PIO_APC_ROUTINE, PVOID, PIO_STATUS_BLOCK,
                                          ULONG, PVOID, ULONG, PVOID, ULONG);

/* Found by name, so that programs need no further import library. */
static FARPROC find_function(const char *name)
{
  HMODULE ntdll = GetModuleHandleW(L"ntdll.dll");
  return ntdll ? GetProcAddress(ntdll, name) : NULL;
}

int pier_afd_open(HANDLE *out)
{
  union {
    FARPROC data;
    create_file_function code;
  } create = {find_function("NtCreateFile")};
  if (create.data == NULL)
    return PIER_ENOTSUP;
  static WCHAR path[] = L"\\Device\\Afd\\pier"; /* The driver does not look at what follows Afd. */
  UNICODE_STRING name = {sizeof path - sizeof *path, sizeof path, path};
  OBJECT_ATTRIBUTES attributes;
  IO_STATUS_BLOCK status;
  InitializeObjectAttributes(&attributes, &name, 0, NULL, NULL);
  NTSTATUS result = create.code(out, SYNCHRONIZE, &attributes, &status, NULL, 0,
                                FILE_SHARE_READ | FILE_SHARE_WRITE, FILE_OPEN, 0, NULL, 0);
  return result >= NT_SUCCESS_LEAST ? 0 : PIER_ENOTSUP;
}

static int ask_handle(SOCKET s, DWORD question, SOCKET *out)
{
  DWORD size;
  if (WSAIoctl(s, question, NULL, 0, out, sizeof *out, &size, NULL, NULL) == SOCKET_ERROR)
    return pier_win32_error();
  return 0;
}

int pier_afd_base(SOCKET s, HANDLE *out)
{
  for (;;) {
    SOCKET next;
    int error = ask_handle(s, SIO_BASE_HANDLE, &next);
    if (error == 0) {
      *out = (HANDLE)next;
      return 0;
    }
    /* Some providers fail this one, lest anybody get past them, but answer for poll's sake. */
    if (error == PIER_ENOTSOCK || error == PIER_WSANOTINITIALISED ||
        ask_handle(s, SIO_BSP_HANDLE_POLL, &next) < 0 || next == s)
      return error;
    s = next;
  }
}

/* What all calls share, made by the first: it lasts as long as the process. */
static INIT_ONCE once = INIT_ONCE_STATIC_INIT;
static control_function control;
static HANDLE driver;

static BOOL CALLBACK prepare(PINIT_ONCE unused, PVOID parameter, PVOID *context)
{
  (void)unused, (void)parameter, (void)context;
  union {
    FARPROC data;
    control_function code;
  } found = {find_function("NtDeviceIoControlFile")};
  control = found.code;
  return found.data != NULL && pier_afd_open(&driver) == 0;
}

/* One event is kept for the next wait, since most programs wait in one thread. */
static void *volatile spare_event;

static HANDLE take_event(void)
{
  HANDLE event = InterlockedExchangePointer(&spare_event, NULL);
  return event ? event : CreateEventW(NULL, FALSE, FALSE, NULL);
}

static void give_back(HANDLE event)
{
  if (InterlockedCompareExchangePointer(&spare_event, event, NULL) != NULL)
    CloseHandle(event);
}

/* A closed socket's handle may have become the one to the driver, which is not to be waited for. */
static bool contains_driver(const pier_afd_list *list)
{
  for (ULONG i = 0; i < list->count; i++)
    if (list->entries[i].handle == driver)
      return true;
  return false;
}

int pier_afd_poll(pier_afd_list *asked, pier_afd_list *answer, int timeout_ms)
{
  if (!InitOnceExecuteOnce(&once, prepare, NULL, NULL))
    return PIER_ENOTSUP;
  if (contains_driver(asked))
    return PIER_ENOTSOCK;
  HANDLE event = take_event();
  if (event == NULL)
    return PIER_ENOMEM;
  asked->timeout.QuadPart =
    timeout_ms < 0 ? NT_FOREVER : -(LONGLONG)timeout_ms * NT_TICKS_PER_MS; /* below 0: from now */
  asked->is_exclusive = 0;
  answer->count = 0;
  ULONG size = (ULONG)PIER_AFD_SIZE(asked->count);
  volatile IO_STATUS_BLOCK status;
  status.Status = NT_PENDING;
  NTSTATUS result = control(driver, event, NULL, NULL, (PIO_STATUS_BLOCK)&status, IOCTL_AFD_POLL,
                            asked, size, answer, size);
  if (result == NT_PENDING) {
    /* The driver ends the request itself when the time is over, so that nothing has to be
       cancelled; until it has written the status, the memory is its own. */
    while (status.Status == NT_PENDING)
      WaitForSingleObject(event, INFINITE);
    result = status.Status;
  }
  give_back(event);
  if (result < NT_SUCCESS_LEAST)
    return PIER_ENOTSOCK;
  return result == NT_TIMEOUT ? 0 : (int)answer->count;
}
