#include "support.h"

#include <iphlpapi.h>
#include <mswsock.h>
#include <process.h>

bool on_windows(void)
{
  return true;
}

bool on_wine(void)
{
  HMODULE ntdll = GetModuleHandleW(L"ntdll.dll");
  return ntdll && GetProcAddress(ntdll, "wine_get_version");
}

bool on_linux(void)
{
  return false;
}

bool on_emulator(void)
{
  return false;
}

/* Asked one by one, because Wine's GetProcessHandleCount is always 0. Handles are multiples of 4. */
int count_open_handles(void)
{
  int count = 0;
  DWORD flags;
  for (uintptr_t handle = 4; handle < 16384; handle += 4)
    count += GetHandleInformation((HANDLE)handle, &flags) != 0;
  return count;
}

bool is_inheritable(pier_socket_t s)
{
  DWORD flags = 0;
  assert_true(GetHandleInformation((HANDLE)s, &flags));
  return (flags & HANDLE_FLAG_INHERIT) != 0;
}

/* Winsock cannot be asked; but a socket that blocks ends a receive by its timeout, and one that does
   not says so at once. */
int is_blocking(pier_socket_t s)
{
  DWORD timeout = 1;
  char byte;
  assert_int_equal(setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, (char *)&timeout, sizeof timeout), 0);
  int result = recv(s, &byte, 1, 0);
  int error = WSAGetLastError();
  timeout = 0;
  assert_int_equal(setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, (char *)&timeout, sizeof timeout), 0);
  assert_int_equal(result, SOCKET_ERROR);
  return error == WSAETIMEDOUT ? 1 : error == WSAEWOULDBLOCK ? 0 : -1;
}

int native_of_refused(void)
{
  return WSAECONNREFUSED;
}

void set_recv_timeout(pier_socket_t s, int timeout_ms)
{
  DWORD timeout = (DWORD)timeout_ms;
  assert_ok(pier_setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout));
}

bool watch_headers(pier_socket_t s, int family)
{
  DWORD on = 1;
  return setsockopt(s, family == AF_INET6 ? IPPROTO_IPV6 : IPPROTO_IP,
                    family == AF_INET6 ? IPV6_HOPLIMIT : IP_RECVTTL, (char *)&on, sizeof on) == 0;
}

/* The hop limit alone. */
void receive_header(pier_socket_t s, int *ttl, int *tos)
{
  static GUID id = WSAID_WSARECVMSG;
  LPFN_WSARECVMSG receive;
  union {
    WSACMSGHDR align;
    char space[256];
  } control;
  char byte;
  DWORD size;
  WSABUF piece = {1, &byte};
  WSAMSG message;
  (void)tos;
  assert_int_equal(WSAIoctl(s, SIO_GET_EXTENSION_FUNCTION_POINTER, &id, sizeof id, &receive,
                            sizeof receive, &size, NULL, NULL),
                   0);
  memset(&message, 0, sizeof message);
  message.lpBuffers = &piece;
  message.dwBufferCount = 1;
  message.Control.buf = control.space;
  message.Control.len = sizeof control;
  assert_int_equal(receive(s, &message, &size, NULL, NULL), 0);
  WSACMSGHDR *c = WSA_CMSG_FIRSTHDR(&message);
  if (c && c->cmsg_type == (c->cmsg_level == IPPROTO_IPV6 ? IPV6_HOPLIMIT : IP_TTL))
    memcpy(ttl, WSA_CMSG_DATA(c), sizeof *ttl);
}

void share_natively(pier_socket_t s)
{
  BOOL on = TRUE;
  assert_int_equal(setsockopt(s, SOL_SOCKET, SO_REUSEADDR, (char *)&on, sizeof on), 0);
}

/* Windows has no SO_REUSEPORT. */
void share_port_natively(pier_socket_t s)
{
  share_natively(s);
}

bool start_signal_storm(void)
{
  return false;
}

void stop_signal_storm(void) {}

unsigned long signals_delivered(void)
{
  return 0;
}

bool limit_open_handles(int more)
{
  (void)more;
  return false;
}

void restore_open_handles(void) {}

bool allow_open_handles(int count)
{
  (void)count;
  return true;
}

void forget_startup(void)
{
  while (WSACleanup() == 0)
    continue;
}

unsigned loopback_interface(void)
{
  union {
    MIB_IPADDRTABLE table;
    char space[8192];
  } list;
  ULONG size = sizeof list;
  if (GetIpAddrTable(&list.table, &size, FALSE) != NO_ERROR)
    return 0;
  for (DWORD i = 0; i < list.table.dwNumEntries; i++)
    if (list.table.table[i].dwAddr == htonl(INADDR_LOOPBACK))
      return list.table.table[i].dwIndex;
  return 0;
}

bool system_pton(int family, const char *text, void *bytes)
{
  return inet_pton(family, text, bytes) == 1;
}

bool system_ntop(int family, const void *bytes, char *text)
{
  return inet_ntop(family, (void *)(uintptr_t)bytes, text, 64) != NULL;
}

bool sigpipe_is_default(void)
{
  return true;
}

struct test_thread {
  HANDLE handle;
  void (*run)(void *);
  void *argument;
};

static unsigned __stdcall enter(void *argument)
{
  test_thread *thread = (test_thread *)argument;
  thread->run(thread->argument);
  return 0;
}

test_thread *thread_start(void (*run)(void *argument), void *argument)
{
  test_thread *thread = (test_thread *)malloc(sizeof *thread);
  assert_non_null(thread);
  thread->run = run;
  thread->argument = argument;
  thread->handle = (HANDLE)_beginthreadex(NULL, 0, enter, thread, 0, NULL);
  assert_non_null(thread->handle);
  return thread;
}

void thread_join(test_thread *thread)
{
  assert_int_equal(WaitForSingleObject(thread->handle, INFINITE), WAIT_OBJECT_0);
  CloseHandle(thread->handle);
  free(thread);
}

pier_credentials own_credentials(void)
{
  return (pier_credentials){(int64_t)GetCurrentProcessId(), -1, -1};
}

int run_again(const char *program, const char *argument)
{
  (void)program; /* the system knows its whole path */
  char path[MAX_PATH], line[MAX_PATH + 64];
  DWORD length = GetModuleFileNameA(NULL, path, sizeof path);
  assert_true(length > 0 && length < sizeof path);
  snprintf(line, sizeof line, "\"%s\" %s", path, argument);
  STARTUPINFOA how;
  PROCESS_INFORMATION child;
  memset(&how, 0, sizeof how);
  how.cb = sizeof how;
  if (!CreateProcessA(path, line, NULL, NULL, TRUE, 0, NULL, NULL, &how, &child))
    fail_msg("CreateProcess: %lu", GetLastError());
  DWORD code = 0;
  assert_int_equal(WaitForSingleObject(child.hProcess, INFINITE), WAIT_OBJECT_0);
  assert_true(GetExitCodeProcess(child.hProcess, &code));
  CloseHandle(child.hThread);
  CloseHandle(child.hProcess);
  return (int)code;
}

int run_in_fork(int (*run)(void *argument), void *argument)
{
  (void)run;
  (void)argument;
  return -1;
}

void make_socket_path(char *path, size_t size)
{
  static int counter;
  char folder[MAX_PATH];
  DWORD length = GetTempPathA(sizeof folder, folder);
  assert_true(length > 0 && length < sizeof folder);
  int written =
    snprintf(path, size, "%spier-%lu-%d.sock", folder, GetCurrentProcessId(), counter++);
  assert_true(written > 0 && (size_t)written < size);
}

void remove_socket_path(const char *path)
{
  DeleteFileA(path);
}

int64_t now_ms(void)
{
  return (int64_t)GetTickCount64();
}

bool enter_empty_network(void)
{
  return false;
}

/* The event object lives until the program ends. */
bool select_events(pier_socket_t s)
{
  assert_int_equal(WSAEventSelect(s, WSACreateEvent(), FD_ACCEPT | FD_READ | FD_CLOSE), 0);
  return true;
}
