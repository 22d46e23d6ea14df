#include "check.h"
#include "resolve.h"

#include <netdb.h>

int pier_os_error_from_native(int native)
{
  return pier_posix_code(native);
}

int pier_os_error_native(int error)
{
  for (size_t i = 0; i < pier_posix_eai_count; i++)
    if (pier_posix_eai[i].error == error)
      return pier_posix_eai[i].native;
  return -error;
}
