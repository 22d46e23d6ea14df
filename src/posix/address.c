#include "../os.h"

#include <net/if.h>

unsigned pier_os_zone_index(const char *name)
{
  return if_nametoindex(name);
}

void pier_os_zone_name(unsigned zone, char *text)
{
  if (if_indextoname(zone, text) == NULL)
    text[0] = '\0';
}
