#include "internal.h"

#include <string.h>

socklen_t pier_address_length(int family)
{
  switch (family) {
  case AF_INET:
    return sizeof(struct sockaddr_in);
  case AF_INET6:
    return sizeof(struct sockaddr_in6);
  case AF_UNIX:
    return offsetof(struct sockaddr_un, sun_path);
  default:
    return 0;
  }
}

static bool is_port(int port)
{
  return port >= 0 && port <= 65535;
}

static void set_in(pier_address *out, const struct in_addr *in, int port)
{
  memset(out, 0, sizeof *out);
  out->in.sin_family = AF_INET;
  out->in.sin_port = htons((uint16_t)port);
  out->in.sin_addr = *in;
  out->len = sizeof out->in;
}

static void set_in6(pier_address *out, const struct in6_addr *in6, unsigned zone, int port)
{
  memset(out, 0, sizeof *out);
  out->in6.sin6_family = AF_INET6;
  out->in6.sin6_port = htons((uint16_t)port);
  out->in6.sin6_addr = *in6;
  out->in6.sin6_scope_id = zone;
  out->len = sizeof out->in6;
}

int pier_address_unix(const char *path, pier_address *out)
{
  if (path == NULL || out == NULL || *path == '\0')
    return PIER_EINVAL;
  size_t length = strlen(path);
  if (length > PIER_UNIX_PATH_MAX)
    return PIER_ENAMETOOLONG;
  memset(out, 0, sizeof *out);
  out->un.sun_family = AF_UNIX;
  memcpy(out->un.sun_path, path, length + 1);
  out->len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + 1);
  return 0;
}

int pier_address_any(int family, int port, pier_address *out)
{
  if (out == NULL || !is_port(port))
    return PIER_EINVAL;
  if (family == AF_INET) {
    struct in_addr any = {0};
    set_in(out, &any, port);
    return 0;
  }
  if (family != AF_INET6)
    return PIER_EAFNOSUPPORT;
  struct in6_addr any6 = IN6ADDR_ANY_INIT;
  set_in6(out, &any6, 0, port);
  return 0;
}

int pier_address_loopback(int family, int port, pier_address *out)
{
  if (out == NULL || !is_port(port))
    return PIER_EINVAL;
  if (family == AF_INET) {
    struct in_addr loopback = {0};
    loopback.s_addr = htonl(INADDR_LOOPBACK);
    set_in(out, &loopback, port);
    return 0;
  }
  if (family != AF_INET6)
    return PIER_EAFNOSUPPORT;
  struct in6_addr loopback6 = IN6ADDR_LOOPBACK_INIT;
  set_in6(out, &loopback6, 0, port);
  return 0;
}

int pier_address_port(const pier_address *a)
{
  if (a == NULL)
    return PIER_EINVAL;
  switch (a->sa.sa_family) {
  case AF_INET:
    return ntohs(a->in.sin_port);
  case AF_INET6:
    return ntohs(a->in6.sin6_port);
  default:
    return PIER_EAFNOSUPPORT;
  }
}

int pier_address_set_port(pier_address *a, int port)
{
  if (a == NULL || !is_port(port))
    return PIER_EINVAL;
  switch (a->sa.sa_family) {
  case AF_INET:
    a->in.sin_port = htons((uint16_t)port);
    return 0;
  case AF_INET6:
    a->in6.sin6_port = htons((uint16_t)port);
    return 0;
  default:
    return PIER_EAFNOSUPPORT;
  }
}

static bool is_mapped(const uint8_t *bytes)
{
  static const uint8_t prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  return memcmp(bytes, prefix, sizeof prefix) == 0;
}

int pier_address_unmap(pier_address *a)
{
  if (a == NULL)
    return PIER_EINVAL;
  if (a->sa.sa_family != AF_INET6 || !is_mapped(a->in6.sin6_addr.s6_addr))
    return 0;
  struct in_addr in;
  memcpy(&in, a->in6.sin6_addr.s6_addr + 12, sizeof in);
  set_in(a, &in, ntohs(a->in6.sin6_port));
  return 1;
}

static bool is_zeros(const char *bytes, size_t size)
{
  for (size_t i = 0; i < size; i++)
    if (bytes[i] != '\0')
      return false;
  return true;
}

size_t pier_unix_path(const struct sockaddr_un *un, socklen_t len, const char **path)
{
  size_t size = (size_t)len - offsetof(struct sockaddr_un, sun_path);
  if (size > sizeof un->sun_path)
    size = sizeof un->sun_path;
  *path = un->sun_path;
  if (size == 0 || un->sun_path[0] == '\0')
    return is_zeros(un->sun_path, size) ? 0 : size;
  const char *end = (const char *)memchr(un->sun_path, '\0', size);
  return end ? (size_t)(end - un->sun_path) : size;
}

bool pier_address_equal(const pier_address *a, const pier_address *b)
{
  if (a == NULL || b == NULL || a->sa.sa_family != b->sa.sa_family)
    return false;
  switch (a->sa.sa_family) {
  case AF_INET:
    return a->in.sin_port == b->in.sin_port && a->in.sin_addr.s_addr == b->in.sin_addr.s_addr;
  case AF_INET6:
    return a->in6.sin6_port == b->in6.sin6_port && a->in6.sin6_scope_id == b->in6.sin6_scope_id &&
           memcmp(&a->in6.sin6_addr, &b->in6.sin6_addr, sizeof a->in6.sin6_addr) == 0;
  case AF_UNIX: {
    const char *path_a, *path_b;
    if (a->len < pier_address_length(AF_UNIX) || b->len < pier_address_length(AF_UNIX))
      return false;
    size_t length = pier_unix_path(&a->un, a->len, &path_a);
    return length == pier_unix_path(&b->un, b->len, &path_b) && memcmp(path_a, path_b, length) == 0;
  }
  default:
    return false;
  }
}
