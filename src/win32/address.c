#include "../os.h"

#include <iphlpapi.h>

#include <netioapi.h>

_Static_assert(PIER_OS_ZONE_MAX > IF_NAMESIZE, "an interface's name and its end fit");

unsigned pier_os_zone_index(const char *name)
{
  return if_nametoindex(name);
}

void pier_os_zone_name(unsigned zone, char *text)
{
  if (if_indextoname(zone, text) == NULL)
    text[0] = '\0';
}
