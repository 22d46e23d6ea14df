#include "check.h"
#include "resolve.h"

#include <netdb.h>

const struct pier_posix_eai_row pier_posix_eai[] = {
  {EAI_AGAIN, PIER_EAI_AGAIN},       {EAI_BADFLAGS, PIER_EAI_BADFLAGS},
  {EAI_FAIL, PIER_EAI_FAIL},         {EAI_FAMILY, PIER_EAI_FAMILY},
  {EAI_MEMORY, PIER_EAI_MEMORY},     {EAI_NONAME, PIER_EAI_NONAME},
  {EAI_SERVICE, PIER_EAI_SERVICE},   {EAI_SOCKTYPE, PIER_EAI_SOCKTYPE},
  {EAI_OVERFLOW, PIER_EAI_OVERFLOW},
#ifdef EAI_NODATA /* a name without addresses: no system tells it from no name reliably */
  {EAI_NODATA, PIER_EAI_NONAME},
#endif
#ifdef EAI_ADDRFAMILY
  {EAI_ADDRFAMILY, PIER_EAI_NONAME},
#endif
#ifdef EAI_BADHINTS
  {EAI_BADHINTS, PIER_EAI_BADFLAGS},
#endif
#ifdef EAI_PROTOCOL
  {EAI_PROTOCOL, PIER_EAI_SOCKTYPE},
#endif
};
const size_t pier_posix_eai_count = sizeof pier_posix_eai / sizeof pier_posix_eai[0];

static int check_eai(int result)
{
  if (result == 0)
    return 0;
  if (result == EAI_SYSTEM && errno != 0)
    return pier_posix_error();
  for (size_t i = 0; i < pier_posix_eai_count; i++)
    if (pier_posix_eai[i].native == result)
      return pier_posix_eai[i].error;
  return PIER_EAI_FAIL;
}

int pier_os_getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
                        struct addrinfo **out)
{
  return check_eai(getaddrinfo(host, service, hints, out));
}

void pier_os_freeaddrinfo(struct addrinfo *list)
{
  freeaddrinfo(list);
}

int pier_os_getnameinfo(const struct sockaddr *addr, socklen_t len, char *host, size_t hostsize,
                        char *service, size_t servicesize, int flags)
{
  return check_eai(
    getnameinfo(addr, len, host, (socklen_t)hostsize, service, (socklen_t)servicesize, flags));
}
