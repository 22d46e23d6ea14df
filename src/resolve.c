#include "internal.h"

#include <stdio.h>
#include <string.h>

/* RFC 3493's flags. The systems have more, each its own, and pass over what they do not know or
   refuse it. */
#define LOOKUP_FLAGS                                                                               \
  (AI_PASSIVE | AI_CANONNAME | AI_NUMERICHOST | AI_NUMERICSERV | AI_V4MAPPED | AI_ALL |            \
   AI_ADDRCONFIG)
#define NAME_FLAGS (NI_NUMERICHOST | NI_NUMERICSERV | NI_NAMEREQD | NI_NOFQDN | NI_DGRAM)

/* Longer than any name: NI_MAXHOST, which not every mode of every C library shows. */
#define NAME_SIZE 1025

/* What the system is asked for, and the zone that it is not asked for. */
typedef struct lookup {
  const char *host, *service;
  struct addrinfo hints;
  char numeric[64];
  unsigned zone;
} lookup;

static bool is_digits(const char *text)
{
  return *text != '\0' && text[strspn(text, "0123456789")] == '\0';
}

/* ---- hints ---- */

static bool is_known_type(int type)
{
  return type == SOCK_STREAM || type == SOCK_DGRAM || type == SOCK_RAW || type == SOCK_SEQPACKET ||
         type == SOCK_RDM;
}

/* The systems refuse the same hints with different codes, or not at all. */
static int check_hints(const char *host, const struct addrinfo *hints)
{
  if ((hints->ai_flags & ~LOOKUP_FLAGS) || hints->ai_addrlen || hints->ai_addr ||
      hints->ai_canonname || hints->ai_next || (host == NULL && (hints->ai_flags & AI_CANONNAME)))
    return PIER_EAI_BADFLAGS;
  if (hints->ai_family != AF_UNSPEC && hints->ai_family != AF_INET && hints->ai_family != AF_INET6)
    return PIER_EAI_FAMILY;
  if ((hints->ai_socktype != 0 && !is_known_type(hints->ai_socktype)) ||
      (hints->ai_socktype == SOCK_STREAM && hints->ai_protocol == IPPROTO_UDP) ||
      (hints->ai_socktype == SOCK_DGRAM && hints->ai_protocol == IPPROTO_TCP))
    return PIER_EAI_SOCKTYPE;
  return 0;
}

/* A socket type of 0 gives each address once on Windows, and with type 0, but three times elsewhere;
   a protocol of 0 stays 0 on Windows. */
static void complete_hints(struct addrinfo *hints)
{
  if (hints->ai_socktype == 0)
    hints->ai_socktype = hints->ai_protocol == IPPROTO_UDP ? SOCK_DGRAM : SOCK_STREAM;
  if (hints->ai_protocol == 0 && hints->ai_socktype == SOCK_STREAM)
    hints->ai_protocol = IPPROTO_TCP;
  if (hints->ai_protocol == 0 && hints->ai_socktype == SOCK_DGRAM)
    hints->ai_protocol = IPPROTO_UDP;
}

/* ---- host and service ---- */

/* Whether the last label is a number, in the decimal, octal or hexadecimal of inet_aton, which takes
   "127.1", "0x7f000001" and "1.2.3.4 x" for addresses. No host's name ends so: RFC 1123, 2.1. */
static bool ends_in_number(const char *host)
{
  size_t length = strcspn(host, " \t\n\v\f\r");
  if (length > 0 && host[length - 1] == '.')
    length--;
  size_t start = length;
  while (start > 0 && host[start - 1] != '.')
    start--;
  const char *label = host + start;
  length -= start;
  if (length >= 2 && label[0] == '0' && (label[1] == 'x' || label[1] == 'X'))
    return strspn(label + 2, "0123456789abcdefABCDEF") >= length - 2;
  return length > 0 && strspn(label, "0123456789") >= length;
}

/* What looks like an address is one that pier_address_parse_host takes, or nothing. Brackets are for
   an address with a port, though Windows takes them here too. */
static bool is_no_name(const char *host)
{
  return strchr(host, ':') || *host == '[' || strcmp(host, "*") == 0 || ends_in_number(host);
}

/* Numeric hosts are read here, because systems differ in what they take, and in which zones they
   know; the system makes the list. Flags that choose among addresses have nothing to choose. */
static int read_host(lookup *l)
{
  const int choosing = AI_ADDRCONFIG | AI_V4MAPPED | AI_ALL;
  struct addrinfo *hints = &l->hints;
  pier_address a;
  if (l->host == NULL) {
    hints->ai_flags &= ~choosing;
    return 0;
  }
  int result = pier_address_parse_host(l->host, 0, &a);
  if (result < 0 || *l->host == '*')
    return is_no_name(l->host) || (hints->ai_flags & AI_NUMERICHOST) ? PIER_EAI_NONAME : 0;
  int family = a.sa.sa_family;
  bool mapped =
    family == AF_INET && hints->ai_family == AF_INET6 && (hints->ai_flags & AI_V4MAPPED);
  if (hints->ai_family != AF_UNSPEC && hints->ai_family != family && !mapped)
    return PIER_EAI_NONAME;
  snprintf(l->numeric, sizeof l->numeric, "%s%.*s", mapped ? "::ffff:" : "",
           (int)strcspn(l->host, "%"), l->host);
  l->host = l->numeric;
  l->zone = family == AF_INET6 ? a.in6.sin6_scope_id : 0;
  hints->ai_flags = (hints->ai_flags & ~choosing) | AI_NUMERICHOST;
  return 0;
}

/* glibc and Windows take a port above 65535 and cut it to 16 bits without a word; and what strtoul
   takes for a number, with a sign or after a space, too. No service's name begins so. */
static bool is_bad_port(const char *service)
{
  if (strchr(" \t\n\v\f\r+-", *service))
    return true;
  if (!is_digits(service))
    return false;
  service += strspn(service, "0");
  size_t length = strlen(service);
  return length > 5 || (length == 5 && strcmp(service, "65535") > 0);
}

/* AI_NUMERICSERV is done with here: older macOS crashes where it comes without a service. A raw
   socket has no ports, though glibc takes one for it. */
static int read_service(lookup *l)
{
  int type = l->hints.ai_socktype;
  if (l->service && type != 0 && type != SOCK_STREAM && type != SOCK_DGRAM)
    return PIER_EAI_SERVICE;
  if (l->service && is_bad_port(l->service))
    return PIER_EAI_SERVICE;
  if (l->service && (l->hints.ai_flags & AI_NUMERICSERV) && !is_digits(l->service))
    return PIER_EAI_NONAME;
  l->hints.ai_flags &= ~AI_NUMERICSERV;
  return 0;
}

/* ---- the list ---- */

static bool is_same(const struct addrinfo *a, const struct addrinfo *b)
{
  return a->ai_family == b->ai_family && a->ai_socktype == b->ai_socktype &&
         a->ai_protocol == b->ai_protocol && a->ai_addrlen == b->ai_addrlen &&
         memcmp(a->ai_addr, b->ai_addr, (size_t)a->ai_addrlen) == 0;
}

/* A name that the hosts file has twice comes twice on some systems. Parts of a list may be freed. */
static void drop_repeated(struct addrinfo *list)
{
  for (; list; list = list->ai_next)
    for (struct addrinfo **next = &list->ai_next; *next;) {
      struct addrinfo *entry = *next;
      if (!is_same(list, entry)) {
        next = &entry->ai_next;
        continue;
      }
      *next = entry->ai_next;
      entry->ai_next = NULL;
      pier_os_freeaddrinfo(entry);
    }
}

static void set_zone(struct addrinfo *list, unsigned zone)
{
  for (; list; list = list->ai_next)
    if (list->ai_family == AF_INET6)
      ((struct sockaddr_in6 *)(void *)list->ai_addr)->sin6_scope_id = zone;
}

/* Puts one family first, and leaves the order as it is otherwise. */
static struct addrinfo *put_first(struct addrinfo *list, int family)
{
  struct addrinfo *first = NULL, *others = NULL;
  struct addrinfo **last_first = &first, **last_other = &others;
  for (; list; list = list->ai_next) {
    struct addrinfo ***last = list->ai_family == family ? &last_first : &last_other;
    **last = list;
    *last = &list->ai_next;
  }
  *last_other = NULL;
  *last_first = others;
  return first;
}

static int ask(const lookup *l, struct addrinfo **out)
{
  int result = pier_os_getaddrinfo(l->host, l->service, &l->hints, out);
  if (result == PIER_WSANOTINITIALISED) {
    result = pier_os_start();
    if (result == 0)
      result = pier_os_getaddrinfo(l->host, l->service, &l->hints, out);
  }
  return result;
}

int pier_getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
                     struct addrinfo **out)
{
  if (out == NULL)
    return PIER_EINVAL;
  *out = NULL;
  lookup l = {0};
  l.host = host;
  l.service = service && *service ? service : NULL;
  /* An empty name is every local address on Windows, and no name elsewhere. */
  if ((host == NULL && l.service == NULL) || (host && *host == '\0'))
    return PIER_EAI_NONAME;
  /* Without hints, glibc and Windows add flags of their own choice: all zeros mean the same
     everywhere. */
  if (hints)
    l.hints = *hints;
  int result = check_hints(host, &l.hints);
  if (result == 0)
    result = read_service(&l);
  if (result == 0)
    result = read_host(&l);
  if (result < 0)
    return result;
  complete_hints(&l.hints);
  result = ask(&l, out);
  if (result < 0)
    return result;
  drop_repeated(*out);
  if (l.zone != 0)
    set_zone(*out, l.zone);
  /* The order of RFC 6724; but who listens on the first wildcard address alone wants IPv4's, which
     is what Linux puts first. */
  if (host == NULL)
    *out = put_first(*out, l.hints.ai_flags & AI_PASSIVE ? AF_INET : AF_INET6);
  return 0;
}

void pier_freeaddrinfo(struct addrinfo *list)
{
  if (list)
    pier_os_freeaddrinfo(list);
}

/* ---- names of addresses ---- */

static int give(const char *text, size_t length, char *out, size_t size)
{
  if (length >= size)
    return PIER_EAI_OVERFLOW;
  memcpy(out, text, length);
  out[length] = '\0';
  return 0;
}

/* The numeric texts are the parts of pier_address_format's: the systems write zones differently. */
static int write_host(const struct sockaddr *addr, socklen_t len, char *host, size_t size)
{
  char text[PIER_ADDRESS_TEXT_MAX];
  pier_address_format(addr, len, text, sizeof text);
  size_t length = (size_t)(strrchr(text, ':') - text);
  return *text == '[' ? give(text + 1, length - 2, host, size) : give(text, length, host, size);
}

static int write_port(const struct sockaddr *addr, socklen_t len, char *service, size_t size)
{
  char text[PIER_ADDRESS_TEXT_MAX];
  pier_address_format(addr, len, text, sizeof text);
  const char *port = strrchr(text, ':') + 1;
  return give(port, strlen(port), service, size);
}

/* Asks for one of both: of a host it wants the name, of a service it takes the number too. */
static int ask_name(const struct sockaddr *addr, socklen_t len, bool is_host, int flags, char *out,
                    size_t size)
{
  char name[NAME_SIZE];
  char *host = is_host ? name : NULL, *service = is_host ? NULL : name;
  size_t hostsize = is_host ? sizeof name : 0, servicesize = is_host ? 0 : sizeof name;
  flags = is_host ? (flags & NI_NOFQDN) | NI_NAMEREQD : flags & NI_DGRAM;
  int result = pier_os_getnameinfo(addr, len, host, hostsize, service, servicesize, flags);
  if (result == PIER_WSANOTINITIALISED) {
    result = pier_os_start();
    if (result == 0)
      result = pier_os_getnameinfo(addr, len, host, hostsize, service, servicesize, flags);
  }
  return result < 0 ? result : give(name, strlen(name), out, size);
}

static int give_host(const struct sockaddr *addr, socklen_t len, int flags, char *host, size_t size)
{
  if (flags & NI_NUMERICHOST)
    return flags & NI_NAMEREQD ? PIER_EAI_NONAME : write_host(addr, len, host, size);
  int result = ask_name(addr, len, true, flags, host, size);
  if (result == PIER_EAI_NONAME && !(flags & NI_NAMEREQD))
    return write_host(addr, len, host, size);
  return result;
}

int pier_getnameinfo(const struct sockaddr *addr, socklen_t len, char *host, size_t hostsize,
                     char *service, size_t servicesize, int flags)
{
  if (addr == NULL || (host == NULL && hostsize != 0) || (service == NULL && servicesize != 0))
    return PIER_EINVAL;
  if (hostsize == 0 && servicesize == 0)
    return PIER_EAI_NONAME;
  if ((addr->sa_family != AF_INET && addr->sa_family != AF_INET6) ||
      len < pier_address_length(addr->sa_family))
    return PIER_EAI_FAMILY;
  if (flags & ~NAME_FLAGS)
    return PIER_EAI_BADFLAGS;
  int result = hostsize ? give_host(addr, len, flags, host, hostsize) : 0;
  if (result < 0 || servicesize == 0)
    return result;
  if (flags & NI_NUMERICSERV)
    return write_port(addr, len, service, servicesize);
  return ask_name(addr, len, false, flags, service, servicesize);
}
