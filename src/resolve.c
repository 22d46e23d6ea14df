#include "internal.h"

#include <limits.h>
#include <string.h>

static bool is_digits(const char *text)
{
  return *text != '\0' && text[strspn(text, "0123456789")] == '\0';
}

/* glibc and Windows take a port above 65535 and cut it to 16 bits without a word; and what strtoul
   takes for a number, with a sign or after a space, too. No service's name begins so. */
static bool is_bad_port(const char *service)
{
  if (service == NULL)
    return false;
  if (strchr(" \t\n\v\f\r+-", *service))
    return true;
  if (!is_digits(service))
    return false;
  service += strspn(service, "0");
  size_t length = strlen(service);
  return length > 5 || (length == 5 && strcmp(service, "65535") > 0);
}

/* Without hints, glibc and Windows add flags of their own choice: all zeros mean the same
   everywhere. A socket type of 0 gives each address once on Windows, and with type 0, but three
   times elsewhere. */
static struct addrinfo complete(const struct addrinfo *hints)
{
  struct addrinfo all;
  if (hints)
    all = *hints;
  else
    memset(&all, 0, sizeof all);
  if (all.ai_socktype == 0)
    all.ai_socktype = all.ai_protocol == IPPROTO_UDP ? SOCK_DGRAM : SOCK_STREAM;
  return all;
}

int pier_getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
                     struct addrinfo **out)
{
  if (out == NULL)
    return PIER_EINVAL;
  *out = NULL;
  if (service && *service == '\0')
    service = NULL;
  /* An empty name is every local address on Windows, and no name elsewhere. */
  if ((host == NULL && service == NULL) || (host && *host == '\0'))
    return PIER_EAI_NONAME;
  if (is_bad_port(service))
    return PIER_EAI_SERVICE;
  struct addrinfo all = complete(hints);
  int result = pier_os_getaddrinfo(host, service, &all, out);
  if (result == PIER_WSANOTINITIALISED) {
    result = pier_os_start();
    if (result == 0)
      result = pier_os_getaddrinfo(host, service, &all, out);
  }
  return result;
}

void pier_freeaddrinfo(struct addrinfo *list)
{
  if (list)
    pier_os_freeaddrinfo(list);
}

static size_t clamp(size_t size)
{
  return size > INT_MAX ? INT_MAX : size;
}

int pier_getnameinfo(const struct sockaddr *addr, socklen_t len, char *host, size_t hostsize,
                     char *service, size_t servicesize, int flags)
{
  if (addr == NULL || (host == NULL && hostsize != 0) || (service == NULL && servicesize != 0))
    return PIER_EINVAL;
  host = hostsize ? host : NULL;
  service = servicesize ? service : NULL;
  if (host == NULL && service == NULL)
    return PIER_EAI_NONAME;
  if (len < pier_address_length(addr->sa_family) || pier_address_length(addr->sa_family) == 0)
    return PIER_EAI_FAMILY;
  hostsize = clamp(hostsize);
  servicesize = clamp(servicesize);
  int result = pier_os_getnameinfo(addr, len, host, hostsize, service, servicesize, flags);
  if (result == PIER_WSANOTINITIALISED) {
    result = pier_os_start();
    if (result == 0)
      result = pier_os_getnameinfo(addr, len, host, hostsize, service, servicesize, flags);
  }
  return result;
}
