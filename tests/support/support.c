#include "support.h"

int family_in = AF_INET;
int family_in6 = AF_INET6;

static const char *name_of(int64_t result)
{
  return result < 0 && result > INT32_MIN ? pier_error_name((int)result) : "success";
}

void check_ok(int64_t result, const char *call, const char *file, int line)
{
  if (result >= 0)
    return;
  print_error("%s: %s (%ld)\n", call, name_of(result), (long)result);
  _fail(file, line);
}

void check_result(int64_t expected, int64_t result, const char *call, const char *file, int line)
{
  if (result == expected)
    return;
  print_error("%s: %s (%ld), expected %s (%ld)\n", call, name_of(result), (long)result,
              name_of(expected), (long)expected);
  _fail(file, line);
}

void check_either(int64_t one, int64_t other, int64_t result, const char *call, const char *file,
                  int line)
{
  if (result == one || result == other)
    return;
  print_error("%s: %s (%ld), expected %s or %s\n", call, name_of(result), (long)result,
              name_of(one), name_of(other));
  _fail(file, line);
}

bool has_ipv6(void)
{
  pier_socket_t s;
  pier_address loopback;
  if (pier_socket(AF_INET6, SOCK_STREAM, 0, &s) < 0)
    return false;
  assert_ok(pier_address_loopback(AF_INET6, 0, &loopback));
  bool bound = pier_bind(s, &loopback.sa, loopback.len) == 0;
  assert_ok(pier_close(s));
  return bound;
}

bool has_unix(void)
{
  pier_socket_t s;
  if (pier_socket(AF_UNIX, SOCK_STREAM, 0, &s) < 0)
    return false;
  assert_ok(pier_close(s));
  return true;
}

pier_socket_t open_socket(int family, int type)
{
  pier_socket_t s;
  assert_ok(pier_socket(family, type, 0, &s));
  return s;
}

int option_of(pier_socket_t s, pier_option option)
{
  int value = -12345;
  assert_ok(pier_get_option(s, option, &value));
  return value;
}

pier_address local_address(pier_socket_t s)
{
  pier_address name;
  name.len = sizeof name.storage;
  assert_ok(pier_getsockname(s, &name.sa, &name.len));
  return name;
}

static pier_socket_t make_bound(int family, int type, pier_address *name)
{
  pier_socket_t s;
  assert_ok(pier_socket(family, type, 0, &s));
  assert_ok(pier_address_loopback(family, 0, name));
  assert_ok(pier_bind(s, &name->sa, name->len));
  name->len = sizeof name->storage;
  assert_ok(pier_getsockname(s, &name->sa, &name->len));
  return s;
}

pier_socket_t make_listener(int family, pier_address *name)
{
  pier_socket_t s = make_bound(family, SOCK_STREAM, name);
  assert_ok(pier_listen(s, 0));
  return s;
}

void make_tcp_pair(int family, pier_socket_t pair[2])
{
  pier_address name;
  pier_socket_t listener = make_listener(family, &name);
  assert_ok(pier_socket(family, SOCK_STREAM, 0, &pair[0]));
  assert_ok(pier_connect(pair[0], &name.sa, name.len));
  assert_ok(pier_accept(listener, NULL, NULL, 0, &pair[1]));
  assert_ok(pier_close(listener));
}

void close_pair(pier_socket_t pair[2])
{
  assert_ok(pier_close(pair[0]));
  assert_ok(pier_close(pair[1]));
}

pier_socket_t make_udp(int family, pier_address *name)
{
  return make_bound(family, SOCK_DGRAM, name);
}

void make_udp_pair(int family, pier_socket_t pair[2])
{
  pier_address names[2];
  pair[0] = make_udp(family, &names[0]);
  pair[1] = make_udp(family, &names[1]);
  assert_ok(pier_connect(pair[0], &names[1].sa, names[1].len));
  assert_ok(pier_connect(pair[1], &names[0].sa, names[0].len));
}

pier_address make_dead_address(int family)
{
  pier_address name;
  make_bound(family, SOCK_STREAM, &name); /* and never closed */
  return name;
}

pier_address make_dead_udp_address(int family)
{
  pier_address name;
  pier_socket_t s = make_udp(family, &name);
  assert_ok(pier_connect(s, &name.sa, name.len)); /* hears itself alone */
  return name;
}

pier_socket_t make_closed_socket(void)
{
  pier_socket_t s;
  assert_ok(pier_socket(AF_INET, SOCK_STREAM, 0, &s));
  assert_ok(pier_close(s));
  return s;
}

void await_readable(pier_socket_t s)
{
  assert_ok(pier_wait(s, POLLIN, TEST_TIMEOUT_MS, NULL));
}

void await_writable(pier_socket_t s)
{
  assert_ok(pier_wait(s, POLLOUT, TEST_TIMEOUT_MS, NULL));
}

void send_whole(pier_socket_t s, const void *data, size_t size)
{
  for (size_t done = 0; done < size;) {
    await_writable(s);
    pier_ssize_t sent = pier_send(s, (const char *)data + done, size - done, 0);
    assert_ok(sent);
    done += (size_t)sent;
  }
}

void receive_whole(pier_socket_t s, void *data, size_t size)
{
  size_t received = receive_until_end(s, data, size);
  assert_int_equal(received, size);
}

size_t receive_until_end(pier_socket_t s, void *data, size_t size)
{
  size_t done = 0;
  while (done < size) {
    await_readable(s);
    pier_ssize_t received = pier_recv(s, (char *)data + done, size - done, 0);
    assert_ok(received);
    if (received == 0)
      break;
    done += (size_t)received;
  }
  return done;
}

static uint8_t pattern_at(uint64_t position)
{
  return (uint8_t)(position * 31 + (position >> 8) * 7 + (position >> 16));
}

void fill_pattern(void *data, size_t size, uint64_t position)
{
  uint8_t *bytes = (uint8_t *)data;
  for (size_t i = 0; i < size; i++)
    bytes[i] = pattern_at(position + i);
}

bool is_pattern(const void *data, size_t size, uint64_t position)
{
  const uint8_t *bytes = (const uint8_t *)data;
  for (size_t i = 0; i < size; i++)
    if (bytes[i] != pattern_at(position + i))
      return false;
  return true;
}
