#include "check.h"

#include <stdlib.h>
#include <string.h>

/* The functions for names in UTF-16 are called, so that names are UTF-8 here, as in a POSIX system
   of today, and not in the process's code page. Their results are copied into lists of our own. */

#define SERVICE_MAX 64

/* The numbers that mean something else to name lookup than to sockets. */
static int eai_error(int native)
{
  switch (native) {
  case WSAEINVAL:
    return PIER_EAI_BADFLAGS;
  case WSAEAFNOSUPPORT:
    return PIER_EAI_FAMILY;
  case WSAESOCKTNOSUPPORT:
    return PIER_EAI_SOCKTYPE;
  case WSA_NOT_ENOUGH_MEMORY:
    return PIER_EAI_MEMORY;
  case WSAEFAULT: /* getnameinfo's word for a small buffer; no pointer here is bad */
  case ERROR_INSUFFICIENT_BUFFER:
    return PIER_EAI_OVERFLOW;
  case WSASERVICE_NOT_FOUND:
    return PIER_EAI_SERVICE;
  case WSAEREFUSED: /* by the name server */
    return PIER_EAI_FAIL;
  case -9: /* Wine lets glibc's EAI_ADDRFAMILY through */
    return PIER_EAI_NONAME;
  default:
    return pier_os_error_from_native(native);
  }
}

static int widen(const char *text, WCHAR *wide, int size)
{
  return MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text, -1, wide, size);
}

static int narrow(const WCHAR *wide, char *text, int size)
{
  return WideCharToMultiByte(CP_UTF8, 0, wide, -1, text, size, NULL, NULL);
}

/* One entry of a list: the addrinfo first, so that a pointer to it frees the whole. */
typedef struct node {
  struct addrinfo info;
  struct sockaddr_storage address;
  char canonname[1]; /* as long as it is */
} node;

static struct addrinfo *copy_entry(const ADDRINFOW *from)
{
  int name_size = from->ai_canonname ? narrow(from->ai_canonname, NULL, 0) : 0;
  node *copy = (node *)calloc(1, sizeof *copy + (size_t)name_size);
  if (copy == NULL)
    return NULL;
  size_t len = from->ai_addrlen < sizeof copy->address ? from->ai_addrlen : sizeof copy->address;
  memcpy(&copy->address, from->ai_addr, len);
  copy->info.ai_flags = from->ai_flags;
  copy->info.ai_family = from->ai_family;
  copy->info.ai_socktype = from->ai_socktype;
  copy->info.ai_protocol = from->ai_protocol;
  copy->info.ai_addrlen = len;
  copy->info.ai_addr = (struct sockaddr *)&copy->address;
  if (name_size > 0 && narrow(from->ai_canonname, copy->canonname, name_size) > 0)
    copy->info.ai_canonname = copy->canonname;
  return &copy->info;
}

static int copy_list(const ADDRINFOW *from, struct addrinfo **out)
{
  struct addrinfo *first = NULL;
  struct addrinfo **last = &first;
  for (; from; from = from->ai_next) {
    *last = copy_entry(from);
    if (*last == NULL) {
      pier_os_freeaddrinfo(first);
      return PIER_EAI_MEMORY;
    }
    last = &(*last)->ai_next;
  }
  *out = first;
  return first ? 0 : PIER_EAI_NONAME;
}

int pier_os_getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
                        struct addrinfo **out)
{
  WCHAR wide_host[NI_MAXHOST], wide_service[SERVICE_MAX];
  if (host && widen(host, wide_host, NI_MAXHOST) == 0)
    return PIER_EAI_NONAME;
  if (service && widen(service, wide_service, SERVICE_MAX) == 0)
    return PIER_EAI_SERVICE;
  ADDRINFOW wide_hints;
  memset(&wide_hints, 0, sizeof wide_hints);
  wide_hints.ai_flags = hints->ai_flags;
  wide_hints.ai_family = hints->ai_family;
  wide_hints.ai_socktype = hints->ai_socktype;
  wide_hints.ai_protocol = hints->ai_protocol;
  ADDRINFOW *list = NULL;
  int native =
    GetAddrInfoW(host ? wide_host : NULL, service ? wide_service : NULL, &wide_hints, &list);
  if (native != 0)
    return eai_error(native);
  int result = copy_list(list, out);
  FreeAddrInfoW(list);
  return result;
}

void pier_os_freeaddrinfo(struct addrinfo *list)
{
  while (list) {
    struct addrinfo *next = list->ai_next;
    free(list);
    list = next;
  }
}

int pier_os_getnameinfo(const struct sockaddr *addr, socklen_t len, char *host, size_t hostsize,
                        char *service, size_t servicesize, int flags)
{
  WCHAR wide_host[NI_MAXHOST], wide_service[SERVICE_MAX];
  int native = GetNameInfoW(addr, len, host ? wide_host : NULL, host ? NI_MAXHOST : 0,
                            service ? wide_service : NULL, service ? SERVICE_MAX : 0, flags);
  if (native != 0)
    return eai_error(WSAGetLastError());
  if ((host && narrow(wide_host, host, (int)hostsize) == 0) ||
      (service && narrow(wide_service, service, (int)servicesize) == 0))
    return PIER_EAI_OVERFLOW;
  return 0;
}
