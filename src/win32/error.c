#include "check.h"

typedef struct number_row {
  int number, error;
} number_row;

#define ROW(name, number, winsock, text) {winsock, -(number)},
static const number_row winsock_rows[] = {PIER_ERRORS(ROW)};
#undef ROW

/* Win32 numbers that overlapped calls, and providers, let through; and Winsock's second names. */
static const number_row win32_rows[] = {
  {ERROR_ACCESS_DENIED, PIER_EACCES},
  {ERROR_INVALID_HANDLE, PIER_EBADF},
  {ERROR_NOT_ENOUGH_MEMORY, PIER_ENOMEM},
  {ERROR_OUTOFMEMORY, PIER_ENOMEM},
  {ERROR_NETNAME_DELETED, PIER_ECONNRESET},
  {ERROR_INVALID_PARAMETER, PIER_EINVAL},
  {ERROR_BROKEN_PIPE, PIER_EPIPE},
  {ERROR_SEM_TIMEOUT, PIER_ETIMEDOUT},
  {ERROR_INSUFFICIENT_BUFFER, PIER_EOVERFLOW},
  {ERROR_MORE_DATA, PIER_EMSGSIZE},
  {ERROR_OPERATION_ABORTED, PIER_ECANCELED},
  {ERROR_IO_INCOMPLETE, PIER_EINPROGRESS},
  {ERROR_IO_PENDING, PIER_EINPROGRESS},
  {ERROR_NOT_FOUND, PIER_ENOENT},
  {ERROR_CONNECTION_REFUSED, PIER_ECONNREFUSED},
  {ERROR_NETWORK_UNREACHABLE, PIER_ENETUNREACH},
  {ERROR_HOST_UNREACHABLE, PIER_EHOSTUNREACH},
  {ERROR_PORT_UNREACHABLE, PIER_ECONNREFUSED},
  {ERROR_REQUEST_ABORTED, PIER_ECONNABORTED},
  {ERROR_CONNECTION_ABORTED, PIER_ECONNABORTED},
  {ERROR_CANT_ACCESS_FILE, PIER_EACCES},
  {WSA_E_CANCELLED, PIER_ECANCELED},
  {WSANO_DATA, PIER_EAI_NONAME},
  {11032, PIER_EAI_NONAME}, /* WSA_SECURE_HOST_NOT_FOUND */
  {11033, PIER_EAI_FAIL},   /* WSA_IPSEC_NAME_POLICY_ERROR */
};

/* Where Win32 numbers without a twin begin, below errno's, Winsock's and before PIER_EOF's. */
#define WIN32_BASE 20000
#define WINSOCK_BASE 10000

static const number_row *find_number(const number_row *rows, size_t count, int number)
{
  for (size_t i = 0; i < count; i++)
    if (rows[i].number == number)
      return &rows[i];
  return NULL;
}

int pier_os_error_from_native(int native)
{
  if (native == WSAEWOULDBLOCK) /* the one that is no failure */
    return PIER_EAGAIN;
  const number_row *row = find_number(win32_rows, sizeof win32_rows / sizeof win32_rows[0], native);
  if (row == NULL && native >= WINSOCK_BASE)
    row = find_number(winsock_rows, sizeof winsock_rows / sizeof winsock_rows[0], native);
  if (row)
    return row->error;
  return native < WINSOCK_BASE ? -(WIN32_BASE + native) : -native;
}

int pier_os_error_native(int error)
{
  for (size_t i = 0; i < sizeof winsock_rows / sizeof winsock_rows[0]; i++)
    if (winsock_rows[i].error == error && winsock_rows[i].number != 0)
      return winsock_rows[i].number;
  if (error <= -WIN32_BASE && error > -WIN32_BASE - WINSOCK_BASE)
    return -error - WIN32_BASE;
  const number_row *row = win32_rows;
  for (; row < win32_rows + sizeof win32_rows / sizeof win32_rows[0]; row++)
    if (row->error == error)
      return row->number;
  return -error;
}
