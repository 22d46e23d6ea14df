/* pier/resolve.h: names and addresses, and the addresses of this machine.
 *
 * The lookups are Berkeley's (RFC 3493), with one set of error codes, and with the same hints, flags
 * and numeric forms on every system. They block as long as the system's resolver does. Names are
 * UTF-8 on Windows, and what the C library takes elsewhere.
 */
#ifndef PIER_RESOLVE_H
#define PIER_RESOLVE_H

#include <pier/address.h>
#include <pier/error.h>
#include <pier/system.h>

#ifdef __cplusplus
extern "C" {
#endif

struct addrinfo;

/* Looks up the addresses of a host and the port of a service.
 *
 * A numeric host is what pier_address_parse_host takes, but for "*": no short forms ("127.1"), no
 * octal or hexadecimal IPv4, no brackets; a zone ("fe80::1%eth0") is an interface's name or index.
 * What else ends in a number, or has a colon, is no name, and is not looked up.
 *
 * host     a name, or a numeric address; NULL for the loopback addresses, or with AI_PASSIVE for
 *          the wildcard addresses.
 * service  a name, or a port number 0 … 65535; NULL for port 0.
 * hints    NULL, or what is wanted: ai_flags, ai_family, ai_socktype and ai_protocol; all other
 *          fields must be 0. An ai_socktype of 0 means SOCK_STREAM (SOCK_DGRAM, if ai_protocol is
 *          IPPROTO_UDP), so that each address comes once. The flags are AI_PASSIVE, AI_CANONNAME,
 *          AI_NUMERICHOST, AI_NUMERICSERV, AI_V4MAPPED, AI_ALL and AI_ADDRCONFIG.
 * out      receives a list of one address or more, to be freed with pier_freeaddrinfo; NULL after
 *          an error. No entry comes twice. A name's addresses are in the system's order; of NULL,
 *          IPv6's loopback comes first, and with AI_PASSIVE IPv4's wildcard.
 *
 * Returns 0, or
 *   PIER_EAI_NONAME    no such host, none with an address of the family, host and service NULL or
 *                      empty, AI_NUMERICHOST or AI_NUMERICSERV and not a number, or a zone that no
 *                      interface has;
 *   PIER_EAI_SERVICE   no such service for the socket type, a port number above 65535, or any
 *                      service for a type that is neither SOCK_STREAM nor SOCK_DGRAM;
 *   PIER_EAI_AGAIN     the name servers did not answer: try again later;
 *   PIER_EAI_FAIL      the name servers failed;
 *   PIER_EAI_BADFLAGS  other flags, AI_CANONNAME without a host, or a field of hints that is not 0;
 *   PIER_EAI_FAMILY    ai_family is not AF_UNSPEC, AF_INET or AF_INET6;
 *   PIER_EAI_SOCKTYPE  ai_socktype is not known, or ai_protocol is of another;
 *   PIER_EAI_MEMORY    out of memory;
 *   or the code of a system error.
 *
 * Memory   Allocates the list.
 * Systems  Without hints no system adds AI_ADDRCONFIG or AI_V4MAPPED here, though glibc's and
 *          Windows' own functions do. AI_ADDRCONFIG chooses among a name's addresses alone. Which
 *          services have names is in the system's services file. OpenBSD refuses AI_V4MAPPED for
 *          names. A name that is not ASCII is encoded by Windows, and not elsewhere.
 */
PIER_API int pier_getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
                              struct addrinfo **out);

/* Frees a list of pier_getaddrinfo; NULL is allowed. The system's freeaddrinfo must not be used
 * for it: on Windows the list is pier's own.
 */
PIER_API void pier_freeaddrinfo(struct addrinfo *list);

/* Looks up the name of an address, and of its port.
 *
 * addr, len             the address, IPv4 or IPv6.
 * host, hostsize        receives the host's name, or where there is none its numeric address as
 *                       pier_address_parse_host reads it; NULL and 0: not wanted.
 * service, servicesize  receives the service's name or port number; NULL and 0: not wanted.
 * flags                 0, or NI_NUMERICHOST, NI_NUMERICSERV, NI_NAMEREQD, NI_NOFQDN, NI_DGRAM.
 *
 * Returns 0, or
 *   PIER_EAI_NONAME    NI_NAMEREQD and there is no name or none is asked for, or neither was wanted;
 *   PIER_EAI_OVERFLOW  a name is longer than its buffer;
 *   PIER_EAI_FAMILY    the family is another, or len is not right for it;
 *   PIER_EAI_BADFLAGS  other flags;
 *   PIER_EAI_AGAIN, PIER_EAI_FAIL, PIER_EAI_MEMORY  as pier_getaddrinfo;
 *   or the code of a system error.
 */
PIER_API int pier_getnameinfo(const struct sockaddr *addr, socklen_t len, char *host,
                              size_t hostsize, char *service, size_t servicesize, int flags);

/* What an interface is, as flags. */
#define PIER_IF_UP 0x01             /* up, and with a link: it can be used */
#define PIER_IF_LOOPBACK 0x02       /* leads back to this machine */
#define PIER_IF_MULTICAST 0x04      /* can carry multicast */
#define PIER_IF_BROADCAST 0x08      /* leads to a net that knows broadcast */
#define PIER_IF_POINT_TO_POINT 0x10 /* leads to one other machine */

/* One address of one interface. */
typedef struct pier_interface {
  struct pier_interface *next; /* NULL at the list's end */
  const char *name;            /* as in an address's zone; in memory of the list */
  unsigned index;              /* as in sin6_scope_id and pier_multicast_join */
  unsigned flags;              /* PIER_IF_… */
  pier_address address;        /* IPv4 or IPv6, with port 0; the zone is set if it is link-local */
  pier_address netmask;        /* of the same family; its len is 0 if the system tells none */
  pier_address broadcast;      /* IPv4's; its len is 0 if there is none */
} pier_interface;

/* Lists the IPv4 and IPv6 addresses of this machine's interfaces.
 *
 * out      receives a list with one entry an address, to be freed with pier_free_interfaces; NULL
 *          where there is none, and after an error. An interface without an address has no entry,
 *          one with several has as many. The order is the system's.
 *
 * Returns 0, or
 *   PIER_EINVAL  out is NULL;
 *   PIER_ENOMEM  out of memory;
 *   PIER_EAGAIN  the list grew faster than it could be read;
 *   or the code of a system error.
 *
 * Memory   Allocates the list.
 * Systems  Windows: a name is one such as "ethernet_32769", not the one that Windows' settings show;
 *          the broadcast address is worked out from the netmask. Linux, and so Wine: the loopback
 *          interface is no PIER_IF_MULTICAST, though multicast on it works.
 */
PIER_API int pier_interfaces(pier_interface **out);

/* Frees a list of pier_interfaces; NULL is allowed. */
PIER_API void pier_free_interfaces(pier_interface *list);

#ifdef __cplusplus
}
#endif

#endif
