/* Stands for src/win32/afd.c in a program that is to run without it. */
#include "win32/afd.h"

int pier_afd_base(SOCKET s, HANDLE *out)
{
  (void)s;
  *out = NULL;
  return PIER_ENOTSUP;
}

int pier_afd_poll(pier_afd_list *asked, pier_afd_list *answer, int timeout_ms)
{
  (void)asked;
  (void)timeout_ms;
  answer->count = 0;
  return PIER_ENOTSUP;
}
