/* Addresses as text. It is written by hand, and not on inet_pton and inet_ntop, because those
   differ between systems in what they take and write, know no ports and zones, and are slower. */
#include "internal.h"

#include <string.h>

/* ---- reading: each function takes what it can at text, and returns what follows, or NULL ---- */

/* A decimal number without leading zeros. */
static const char *read_decimal(const char *text, uint32_t max, uint32_t *value)
{
  const char *start = text;
  uint64_t number = 0;
  for (; *text >= '0' && *text <= '9'; text++) {
    number = number * 10 + (uint64_t)(*text - '0');
    if (number > max)
      return NULL;
  }
  if (text == start || (*start == '0' && text != start + 1))
    return NULL;
  *value = (uint32_t)number;
  return text;
}

static const char *read_in(const char *text, uint8_t *bytes)
{
  for (int i = 0; i < 4; i++) {
    uint32_t value;
    if (i > 0 && *text++ != '.')
      return NULL;
    text = read_decimal(text, 255, &value);
    if (text == NULL)
      return NULL;
    bytes[i] = (uint8_t)value;
  }
  return text;
}

static int hex_digit(char c)
{
  if (c >= '0' && c <= '9')
    return c - '0';
  c = (char)(c | 0x20);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One to four hexadecimal digits. */
static const char *read_group(const char *text, uint8_t *bytes)
{
  unsigned value = 0;
  int digits = 0;
  for (int digit; (digit = hex_digit(*text)) >= 0; text++) {
    if (++digits > 4)
      return NULL;
    value = value << 4 | (unsigned)digit;
  }
  if (digits == 0)
    return NULL;
  bytes[0] = (uint8_t)(value >> 8);
  bytes[1] = (uint8_t)value;
  return text;
}

/* RFC 4291, 2.2: eight groups, of which one run may be "::", and the last two may be IPv4. */
static const char *read_in6(const char *text, uint8_t *bytes)
{
  uint8_t read[16];
  int length = 0;
  int gap = -1; /* where "::" stands */
  if (text[0] == ':') {
    if (text[1] != ':')
      return NULL;
    gap = 0;
    text += 2;
  }
  while (length < 16 && (length != gap || hex_digit(*text) >= 0)) {
    int taken = 2;
    const char *next = read_group(text, read + length);
    if (next && *next == '.' && length <= 12) {
      taken = 4;
      next = read_in(text, read + length);
    }
    if (next == NULL)
      return NULL;
    text = next;
    length += taken;
    if (taken == 4 || length == 16 || *text != ':')
      break;
    text++;
    if (*text == ':') {
      if (gap >= 0)
        return NULL;
      gap = length;
      text++;
    }
  }
  if (gap < 0 ? length != 16 : length == 16)
    return NULL;
  if (gap < 0)
    gap = 16;
  memcpy(bytes, read, (size_t)gap);
  memset(bytes + gap, 0, (size_t)(16 - length));
  memcpy(bytes + gap + 16 - length, read + gap, (size_t)(length - gap));
  return text;
}

/* "%" and a zone's index or name, up to the end or the character that closes. */
static const char *read_zone(const char *text, char close, unsigned *zone, int *error)
{
  char name[PIER_OS_ZONE_MAX];
  size_t length = 0;
  for (; text[length] != '\0' && text[length] != close; length++) {
    if (length == sizeof name - 1)
      return NULL;
    name[length] = text[length];
  }
  name[length] = '\0';
  if (length == 0)
    return NULL;
  uint32_t index;
  const char *end = read_decimal(name, UINT32_MAX, &index);
  if (end && *end == '\0') {
    if (index == 0)
      return NULL;
    *zone = index;
  } else {
    *zone = pier_os_zone_index(name);
    if (*zone == 0) {
      *error = PIER_ENODEV;
      return NULL;
    }
  }
  return text + length;
}

/* Reads an IPv6 address with its zone, up to its end or the character that closes. */
static int read_host6(const char *text, char close, struct sockaddr_in6 *in6, const char **end)
{
  int error = PIER_EINVAL;
  unsigned zone = 0;
  text = read_in6(text, in6->sin6_addr.s6_addr);
  if (text && *text == '%')
    text = read_zone(text + 1, close, &zone, &error);
  if (text == NULL)
    return error;
  in6->sin6_scope_id = zone;
  *end = text;
  return 0;
}

static int read_port(const char *text)
{
  uint32_t port;
  if (*text++ != ':')
    return PIER_EINVAL;
  text = read_decimal(text, 65535, &port);
  return text && *text == '\0' ? (int)port : PIER_EINVAL;
}

int pier_address_parse(const char *text, pier_address *out)
{
  if (text == NULL || out == NULL)
    return PIER_EINVAL;
  if (strncmp(text, "unix:", 5) == 0)
    return pier_address_unix(text + 5, out);
  const char *end;
  int result;
  pier_address a;
  if (text[0] == '[') {
    pier_address_any(AF_INET6, 0, &a);
    result = read_host6(text + 1, ']', &a.in6, &end);
    if (result < 0)
      return result;
    if (*end++ != ']')
      return PIER_EINVAL;
  } else if (text[0] == '*') {
    pier_address_any(AF_INET6, 0, &a);
    end = text + 1;
  } else {
    pier_address_any(AF_INET, 0, &a);
    end = read_in(text, (uint8_t *)&a.in.sin_addr);
    if (end == NULL)
      return PIER_EINVAL;
  }
  result = read_port(end);
  if (result < 0)
    return result;
  pier_address_set_port(&a, result);
  *out = a;
  return 0;
}

int pier_address_parse_host(const char *text, int port, pier_address *out)
{
  if (text == NULL || out == NULL || port < 0 || port > 65535)
    return PIER_EINVAL;
  if (strcmp(text, "*") == 0)
    return pier_address_any(AF_INET6, port, out);
  const char *end;
  pier_address a;
  if (strchr(text, ':')) {
    pier_address_any(AF_INET6, port, &a);
    int result = read_host6(text, '\0', &a.in6, &end);
    if (result < 0)
      return result;
  } else {
    pier_address_any(AF_INET, port, &a);
    end = read_in(text, (uint8_t *)&a.in.sin_addr);
  }
  if (end == NULL || *end != '\0')
    return PIER_EINVAL;
  *out = a;
  return 0;
}

/* ---- writing: each function writes at out, which has room, and returns where it ended ---- */

static char *write_decimal(char *out, uint32_t value)
{
  char digits[10];
  int count = 0;
  do
    digits[count++] = (char)('0' + value % 10);
  while ((value /= 10) != 0);
  while (count > 0)
    *out++ = digits[--count];
  return out;
}

static char *write_in(char *out, const uint8_t *bytes)
{
  for (int i = 0; i < 4; i++) {
    unsigned value = bytes[i];
    if (i > 0)
      *out++ = '.';
    if (value >= 100) {
      *out++ = (char)('0' + value / 100);
      value %= 100;
      *out++ = (char)('0' + value / 10);
    } else if (value >= 10) {
      *out++ = (char)('0' + value / 10);
    }
    *out++ = (char)('0' + value % 10);
  }
  return out;
}

static char *write_group(char *out, unsigned value)
{
  static const char digits[] = "0123456789abcdef";
  if (value >= 0x1000)
    *out++ = digits[value >> 12];
  if (value >= 0x100)
    *out++ = digits[value >> 8 & 15];
  if (value >= 0x10)
    *out++ = digits[value >> 4 & 15];
  *out++ = digits[value & 15];
  return out;
}

/* The longest run of two or more zero groups, the first of several: RFC 5952, 4.2. */
static int longest_zeros(const unsigned *groups, int *length)
{
  int best = -1;
  *length = 1;
  for (int i = 0; i < 8; i++) {
    int start = i;
    while (i < 8 && groups[i] == 0)
      i++;
    if (i - start > *length) {
      best = start;
      *length = i - start;
    }
  }
  return best;
}

static char *write_in6(char *out, const uint8_t *bytes)
{
  unsigned groups[8];
  for (int i = 0; i < 8; i++)
    groups[i] = (unsigned)bytes[2 * i] << 8 | bytes[2 * i + 1];
  int zeros_length;
  int zeros = longest_zeros(groups, &zeros_length);
  bool mapped = zeros == 0 && zeros_length == 5 && groups[5] == 0xffff; /* RFC 5952, 5 */
  int count = mapped ? 6 : 8;
  for (int i = 0; i < count; i++) {
    if (i == zeros) {
      *out++ = ':';
      i += zeros_length - 1;
      if (i == 7)
        *out++ = ':';
      continue;
    }
    if (i > 0)
      *out++ = ':';
    out = write_group(out, groups[i]);
  }
  if (mapped) {
    *out++ = ':';
    out = write_in(out, bytes + 12);
  }
  return out;
}

/* A zone by its name, if that is of a usual length, and by its index otherwise. */
static char *write_zone(char *out, unsigned zone)
{
  char name[PIER_OS_ZONE_MAX];
  pier_os_zone_name(zone, name);
  size_t length = strlen(name);
  *out++ = '%';
  if (length == 0 || length > 64)
    return write_decimal(out, zone);
  memcpy(out, name, length);
  return out + length;
}

static char *write_unix(char *out, const struct sockaddr_un *un, socklen_t len)
{
  const char *path;
  size_t length = pier_unix_path(un, len, &path);
  memcpy(out, "unix:", 5);
  out += 5;
  for (size_t i = 0; i < length; i++)
    *out++ = path[i] ? path[i] : '@'; /* as ss and netstat show abstract names */
  return out;
}

static char *write_address(char *out, const struct sockaddr *addr, socklen_t len)
{
  if (addr->sa_family == AF_UNIX)
    return write_unix(out, (const struct sockaddr_un *)(const void *)addr, len);
  if (addr->sa_family == AF_INET) {
    const struct sockaddr_in *in = (const struct sockaddr_in *)(const void *)addr;
    out = write_in(out, (const uint8_t *)&in->sin_addr);
    *out++ = ':';
    return write_decimal(out, ntohs(in->sin_port));
  }
  const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)(const void *)addr;
  *out++ = '[';
  out = write_in6(out, in6->sin6_addr.s6_addr);
  if (in6->sin6_scope_id != 0)
    out = write_zone(out, in6->sin6_scope_id);
  *out++ = ']';
  *out++ = ':';
  return write_decimal(out, ntohs(in6->sin6_port));
}

int pier_address_format(const struct sockaddr *addr, socklen_t len, char *text, size_t size)
{
  if (addr == NULL || (text == NULL && size != 0) ||
      len < (socklen_t)(offsetof(struct sockaddr, sa_family) + sizeof addr->sa_family))
    return PIER_EINVAL;
  socklen_t needed = pier_address_length(addr->sa_family);
  if (needed == 0)
    return PIER_EAFNOSUPPORT;
  if (len < needed)
    return PIER_EINVAL;
  if (size >= PIER_ADDRESS_TEXT_MAX) {
    char *end = write_address(text, addr, len);
    *end = '\0';
    return (int)(end - text);
  }
  char whole[PIER_ADDRESS_TEXT_MAX];
  size_t length = (size_t)(write_address(whole, addr, len) - whole);
  if (size > 0) {
    size_t fits = length < size ? length : size - 1;
    memcpy(text, whole, fits);
    text[fits] = '\0';
  }
  return (int)length;
}
