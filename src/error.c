#include "internal.h"

typedef struct error_row {
  int error;
  const char *name;
  const char *text;
} error_row;

#define ROW(name, number, winsock, text) {-(number), #name, text},
static const error_row rows[] = {PIER_ERRORS(ROW)};
#undef ROW

static const error_row *find(int error)
{
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
    if (rows[i].error == error)
      return &rows[i];
  return NULL;
}

const char *pier_strerror(int error)
{
  if (error >= 0)
    return "success";
  const error_row *row = find(error);
  return row ? row->text : "unknown error";
}

const char *pier_error_name(int error)
{
  if (error >= 0)
    return "OK";
  const error_row *row = find(error);
  return row ? row->name : "UNKNOWN";
}

int pier_error_native(int error)
{
  if (error >= 0 || error == PIER_EOF || error < PIER_EAI_OVERFLOW)
    return 0;
  return pier_os_error_native(error);
}

int pier_error_from_native(int native)
{
  if (native >= 20000) /* where codes that are not the system's begin; no system call says this */
    return PIER_EIO;
  return native <= 0 ? native : pier_os_error_from_native(native);
}
