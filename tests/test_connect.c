/* How connects begin, end and fail; and what a listener needs. */
#include "support.h"

static pier_socket_t make_stream(int family, int flags)
{
  pier_socket_t s;
  assert_ok(pier_socket(family, SOCK_STREAM | flags, 0, &s));
  return s;
}

static int get_error(pier_socket_t s)
{
  int error = 1;
  assert_ok(pier_get_option(s, PIER_OPT_ERROR, &error));
  return error;
}

static pier_address name_of(pier_socket_t s)
{
  pier_address name;
  name.len = sizeof name.storage;
  assert_ok(pier_getsockname(s, &name.sa, &name.len));
  return name;
}

static pier_address peer_of(pier_socket_t s)
{
  pier_address name;
  name.len = sizeof name.storage;
  assert_ok(pier_getpeername(s, &name.sa, &name.len));
  return name;
}

/* How a connect of a socket that does not block ends. */
static int connect_result(pier_socket_t s, const pier_address *to)
{
  int result = pier_connect(s, &to->sa, to->len);
  if (result != PIER_EINPROGRESS)
    return result;
  await_writable(s);
  return get_error(s);
}

/* Windows asks four times, half a second apart, unless it is told not to. */
/* Difference: 14-refused-loopback */
static void test_a_refused_connect_on_loopback_ends_at_once(void **state)
{
  int family = *(int *)*state;
  if (family == AF_INET6 && !has_ipv6())
    skip_because("no IPv6 here");
  pier_address dead = make_dead_address(family);
  for (int flags = 0; flags <= PIER_NONBLOCK; flags += PIER_NONBLOCK) {
    pier_socket_t s = make_stream(family, flags);
    int64_t start = now_ms();
    assert_result(PIER_ECONNREFUSED, connect_result(s, &dead));
    assert_true(now_ms() - start < 1000);
    assert_ok(pier_close(s));
  }
}

/* Difference: 14-wildcard */
static void test_a_connect_to_the_wildcard_goes_to_loopback(void **state)
{
  int family = *(int *)*state;
  if (family == AF_INET6 && !has_ipv6())
    skip_because("no IPv6 here");
  for (int type = SOCK_STREAM;; type = SOCK_DGRAM) {
    pier_address name, any, peer;
    pier_socket_t there =
      type == SOCK_STREAM ? make_listener(family, &name) : make_udp(family, &name);
    pier_socket_t s;
    assert_ok(pier_socket(family, type, 0, &s));
    assert_ok(pier_address_any(family, pier_address_port(&name), &any));
    assert_ok(pier_connect(s, &any.sa, any.len));
    peer = peer_of(s);
    assert_true(pier_address_equal(&peer, &name));
    await_writable(s);
    assert_result(1, pier_send(s, "x", 1, 0));
    await_readable(there);
    assert_ok(pier_close(s));
    assert_ok(pier_close(there));
    if (type == SOCK_DGRAM)
      break;
  }
}

/* Difference: 14-wildcard-of-ipv4-in-ipv6 */
static void test_a_connect_to_the_mapped_wildcard_goes_to_ipv4_loopback(void **state)
{
  (void)state;
  if (!has_ipv6())
    skip_because("no IPv6 here");
  pier_socket_t s = make_stream(AF_INET6, 0);
  if (pier_set_option(s, PIER_OPT_V6ONLY, 0) < 0) {
    assert_ok(pier_close(s));
    skip_because("no IPv4 on IPv6 sockets here");
  }
  pier_address name, any, peer;
  pier_socket_t listener = make_listener(AF_INET, &name);
  assert_ok(pier_address_parse_host("::ffff:0.0.0.0", pier_address_port(&name), &any));
  assert_ok(pier_connect(s, &any.sa, any.len));
  peer = peer_of(s);
  assert_ok(pier_address_unmap(&peer));
  assert_true(pier_address_equal(&peer, &name));
  assert_ok(pier_close(s));
  assert_ok(pier_close(listener));
}

/* Difference: 14-port-0 */
static void test_a_stream_cannot_connect_to_port_0(void **state)
{
  int family = *(int *)*state;
  if (family == AF_INET6 && !has_ipv6())
    skip_because("no IPv6 here");
  pier_address nowhere[2];
  assert_ok(pier_address_loopback(family, 0, &nowhere[0]));
  assert_ok(pier_address_any(family, 0, &nowhere[1]));
  for (int i = 0; i < 2; i++) {
    for (int flags = 0; flags <= PIER_NONBLOCK; flags += PIER_NONBLOCK) {
      pier_socket_t s = make_stream(family, flags);
      assert_result(PIER_EADDRNOTAVAIL, pier_connect(s, &nowhere[i].sa, nowhere[i].len));
      pier_address other;
      assert_ok(pier_address_loopback(family == AF_INET ? AF_INET6 : AF_INET, 0, &other));
      assert_result(PIER_EAFNOSUPPORT, pier_connect(s, &other.sa, other.len));
      assert_ok(pier_close(s));
    }
  }
}

/* Difference: 14-failure-is-told-once */
static void test_a_failed_connect_gives_its_error_by_the_option(void **state)
{
  (void)state;
  pier_address dead = make_dead_address(AF_INET);
  pier_socket_t s = make_stream(AF_INET, PIER_NONBLOCK);
  int result = pier_connect(s, &dead.sa, dead.len);
  if (result == PIER_EINPROGRESS) { /* FreeBSD may know at once */
    struct pollfd one = {.fd = s, .events = POLLOUT};
    assert_result(1, pier_poll(&one, 1, TEST_TIMEOUT_MS));
    assert_true((one.revents & (POLLERR | POLLHUP)) != 0);
    assert_result(PIER_ECONNREFUSED, get_error(s));
    assert_int_equal(get_error(s), on_windows() ? PIER_ECONNREFUSED : 0);
  } else {
    assert_result(PIER_ECONNREFUSED, result);
  }
  assert_ok(pier_close(s));
}

/* Fills a queue, until a connect has to wait, or is refused. Gives how many sockets that took. */
static int fill_backlog(const pier_address *name, pier_socket_t *clients, int capacity)
{
  for (int i = 0; i < capacity; i++) {
    clients[i] = make_stream(AF_INET, PIER_NONBLOCK);
    int result = pier_connect(clients[i], &name->sa, name->len);
    if (result == PIER_EINPROGRESS)
      result = pier_wait(clients[i], POLLOUT, 100, NULL);
    if (result == PIER_ETIMEDOUT)
      return i + 1;
    assert_ok(result);
    if (get_error(clients[i]) != 0) {
      assert_result(PIER_ECONNREFUSED, get_error(clients[i]));
      return i + 1;
    }
  }
  return capacity + 1;
}

/* Difference: 14-second-connect */
/* Difference: 33-full-queue */
static void test_a_full_queue_lets_wait_or_refuses_and_a_second_connect_is_under_way(void **state)
{
  (void)state;
  enum { MANY = 20 };
  pier_address name;
  pier_socket_t clients[MANY], listener = make_stream(AF_INET, PIER_NONBLOCK);
  assert_ok(pier_address_loopback(AF_INET, 0, &name));
  assert_ok(pier_bind(listener, &name.sa, name.len));
  assert_ok(pier_listen(listener, 1));
  name = name_of(listener);
  int count = fill_backlog(&name, clients, MANY);
  assert_true(count <= MANY);
  pier_socket_t last = clients[count - 1];
  if (pier_wait(last, POLLOUT, 0, NULL) == PIER_ETIMEDOUT) {
    assert_result(PIER_EALREADY, pier_connect(last, &name.sa, name.len));
    assert_result(PIER_ENOTCONN, pier_shutdown(last, SHUT_WR));
    pier_socket_t accepted;
    for (int i = 0; i < count; i++) { /* the last one too, once there is room */
      await_readable(listener);
      assert_ok(pier_accept(listener, NULL, NULL, 0, &accepted));
      assert_ok(pier_close(accepted));
    }
    await_writable(last);
    assert_int_equal(get_error(last), 0);
  } else {
    assert_true(on_windows() && !on_wine());
  }
  for (int i = 0; i < count; i++)
    assert_ok(pier_close(clients[i]));
  assert_ok(pier_close(listener));
}

/* Winsock takes more than 200 in another form, and as 200 otherwise. */
/* Difference: 33-more-than-200 */
static void test_a_backlog_above_200_holds_as_many(void **state)
{
  (void)state;
  enum { MANY = 250 };
  static pier_socket_t clients[MANY];
  if (!allow_open_handles(MANY + 100))
    skip_because("this program may not open so many sockets");
  pier_address name;
  pier_socket_t listener = make_stream(AF_INET, 0);
  assert_ok(pier_address_loopback(AF_INET, 0, &name));
  assert_ok(pier_bind(listener, &name.sa, name.len));
  assert_ok(pier_listen(listener, 300));
  name = name_of(listener);
  int count = 0, result = 0;
  while (count < MANY && result != PIER_ETIMEDOUT) {
    pier_socket_t s = clients[count++] = make_stream(AF_INET, PIER_NONBLOCK);
    result = pier_connect(s, &name.sa, name.len);
    if (result == PIER_EINPROGRESS)
      result = pier_wait(s, POLLOUT, TEST_TIMEOUT_MS / 10, NULL);
    if (result != PIER_ETIMEDOUT)
      assert_int_equal(get_error(s), 0);
  }
  for (int i = 0; i < count; i++)
    assert_ok(pier_close(clients[i]));
  assert_ok(pier_close(listener));
  if (result == PIER_ETIMEDOUT && count <= 200 && !on_windows())
    skip_because("this system's own limit is less");
  assert_true(result != PIER_ETIMEDOUT);
}

/* Difference: 14-connected-again */
static void test_connecting_what_is_connected_is_an_error_the_first_time(void **state)
{
  (void)state;
  pier_address name;
  pier_socket_t accepted, listener = make_listener(AF_INET, &name);
  for (int flags = 0; flags <= PIER_NONBLOCK; flags += PIER_NONBLOCK) {
    pier_socket_t s = make_stream(AF_INET, flags);
    assert_int_equal(connect_result(s, &name), 0);
    for (int i = 0; i < 3; i++)
      assert_result(PIER_EISCONN, pier_connect(s, &name.sa, name.len));
    assert_ok(pier_accept(listener, NULL, NULL, 0, &accepted));
    assert_result(PIER_EISCONN, pier_connect(accepted, &name.sa, name.len));
    send_whole(s, "still", 5);
    char data[5];
    receive_whole(accepted, data, sizeof data);
    assert_ok(pier_close(accepted));
    assert_ok(pier_close(s));
  }
  assert_ok(pier_close(listener));
}

static void test_a_datagram_socket_connects_as_often_as_it_likes(void **state)
{
  (void)state;
  pier_address names[2], peer;
  pier_socket_t s, there[2];
  assert_ok(pier_socket(AF_INET, SOCK_DGRAM, 0, &s));
  for (int i = 0; i < 2; i++) {
    there[i] = make_udp(AF_INET, &names[i]);
    assert_ok(pier_connect(s, &names[i].sa, names[i].len));
    peer = peer_of(s);
    assert_true(pier_address_equal(&peer, &names[i]));
  }
  close_pair(there);
  assert_ok(pier_close(s));
}

/* Difference: 14-connect-a-listener */
static void test_a_listener_cannot_connect_and_goes_on(void **state)
{
  (void)state;
  pier_address name, there;
  pier_socket_t client, accepted;
  pier_socket_t listener = make_listener(AF_INET, &name), other = make_listener(AF_INET, &there);
  assert_result(PIER_ENOTSUP, pier_connect(listener, &there.sa, there.len));
  assert_ok(pier_set_nonblocking(listener, true));
  assert_result(PIER_ENOTSUP, pier_connect(listener, &there.sa, there.len));
  client = make_stream(AF_INET, 0);
  assert_ok(pier_connect(client, &name.sa, name.len));
  await_readable(listener);
  assert_ok(pier_accept(listener, NULL, NULL, 0, &accepted));
  assert_ok(pier_close(accepted));
  assert_ok(pier_close(client));
  assert_ok(pier_close(listener));
  assert_ok(pier_close(other));
}

typedef struct traveller {
  bool has_left;
  int results[2];
} traveller;

static void connect_from_nowhere(void *argument)
{
  traveller *me = (traveller *)argument;
  pier_address far_away;
  me->has_left = enter_empty_network();
  if (!me->has_left || pier_address_parse("192.0.2.1:9", &far_away) < 0) /* nobody's, RFC 5737 */
    return;
  for (int i = 0; i < 2; i++) {
    pier_socket_t s;
    me->results[i] = pier_socket(AF_INET, SOCK_STREAM | (i ? PIER_NONBLOCK : 0), 0, &s);
    if (me->results[i] < 0)
      return;
    me->results[i] = pier_connect(s, &far_away.sa, far_away.len);
    pier_close(s);
  }
}

/* Difference: 14-unreachable */
static void test_a_connect_without_a_route_is_unreachable(void **state)
{
  (void)state;
  traveller one = {false, {0, 0}};
  thread_join(thread_start(connect_from_nowhere, &one));
  if (!one.has_left)
    skip_because("no network without routes can be had here");
  assert_result(PIER_ENETUNREACH, one.results[0]);
  assert_result(PIER_ENETUNREACH, one.results[1]);
}

/* Difference: 33-listen-unbound */
static void test_listen_without_bind_takes_any_port(void **state)
{
  int family = *(int *)*state;
  if (family == AF_INET6 && !has_ipv6())
    skip_because("no IPv6 here");
  pier_socket_t accepted, listener = make_stream(family, 0), client = make_stream(family, 0);
  assert_ok(pier_listen(listener, 5));
  pier_address name = name_of(listener), any;
  assert_true(pier_address_port(&name) > 0);
  assert_ok(pier_address_any(family, pier_address_port(&name), &any));
  assert_true(pier_address_equal(&name, &any));
  assert_ok(pier_connect(client, &name.sa, name.len));
  assert_ok(pier_accept(listener, NULL, NULL, 0, &accepted));
  assert_ok(pier_listen(listener, 10)); /* again is no error */
  assert_ok(pier_close(accepted));
  assert_ok(pier_close(client));
  assert_ok(pier_close(listener));
}

/* Difference: 7b-listen-connected */
static void test_a_connected_socket_cannot_listen(void **state)
{
  (void)state;
  pier_socket_t pair[2];
  make_tcp_pair(AF_INET, pair);
  assert_result(PIER_EINVAL, pier_listen(pair[0], 5));
  assert_result(PIER_EINVAL, pier_listen(pair[1], 5));
  send_whole(pair[0], "x", 1);
  await_readable(pair[1]);
  close_pair(pair);
}

/* Without an address, for BSDs take that of a sendto as a wish to connect. */
static pier_ssize_t send_by(int call, pier_socket_t s)
{
  char byte = 'x';
  pier_iovec piece = {.iov_base = &byte, .iov_len = 1};
  switch (call) {
  case 0:
    return pier_send(s, &byte, 1, 0);
  case 1:
    return pier_send(s, &byte, 1, MSG_DONTWAIT);
  case 2:
    return pier_sendto(s, &byte, 1, 0, NULL, 0);
  default:
    return pier_sendv(s, &piece, 1, 0);
  }
}

/* Difference: 7b-send-unconnected */
static void test_sending_on_a_stream_without_a_peer_is_not_connected(void **state)
{
  (void)state;
  if (on_wine())
    skip_because("Wine says ECONNRESET to a send without a peer");
  pier_address name;
  pier_socket_t listener = make_listener(AF_INET, &name), s = make_stream(AF_INET, 0);
  for (int call = 0; call < 4; call++) {
    assert_result(PIER_ENOTCONN, send_by(call, listener));
    assert_result(PIER_ENOTCONN, send_by(call, s));
  }
  assert_ok(pier_connect(s, &name.sa, name.len)); /* and nothing has changed */
  assert_result(1, pier_send(s, "x", 1, 0));
  assert_ok(pier_shutdown(s, SHUT_WR));
  for (int call = 0; call < 4; call++)
    assert_result(PIER_EPIPE, send_by(call, s));
  assert_ok(pier_close(s));
  assert_ok(pier_close(listener));
}

/* Difference: 7b-recv-unconnected */
static void test_receiving_on_a_stream_without_a_peer_is_not_connected(void **state)
{
  (void)state;
  char byte;
  pier_socket_t s = make_stream(AF_INET, 0);
  assert_result(PIER_ENOTCONN, pier_recv(s, &byte, 1, 0));
  assert_result(PIER_ENOTCONN, pier_recv(s, &byte, 1, MSG_DONTWAIT));
  assert_ok(pier_close(s));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    for_family(test_a_refused_connect_on_loopback_ends_at_once, in),
    for_family(test_a_refused_connect_on_loopback_ends_at_once, in6),
    for_family(test_a_connect_to_the_wildcard_goes_to_loopback, in),
    for_family(test_a_connect_to_the_wildcard_goes_to_loopback, in6),
    cmocka_unit_test(test_a_connect_to_the_mapped_wildcard_goes_to_ipv4_loopback),
    for_family(test_a_stream_cannot_connect_to_port_0, in),
    for_family(test_a_stream_cannot_connect_to_port_0, in6),
    cmocka_unit_test(test_a_failed_connect_gives_its_error_by_the_option),
    cmocka_unit_test(test_a_full_queue_lets_wait_or_refuses_and_a_second_connect_is_under_way),
    cmocka_unit_test(test_a_backlog_above_200_holds_as_many),
    cmocka_unit_test(test_connecting_what_is_connected_is_an_error_the_first_time),
    cmocka_unit_test(test_a_datagram_socket_connects_as_often_as_it_likes),
    cmocka_unit_test(test_a_listener_cannot_connect_and_goes_on),
    cmocka_unit_test(test_a_connect_without_a_route_is_unreachable),
    for_family(test_listen_without_bind_takes_any_port, in),
    for_family(test_listen_without_bind_takes_any_port, in6),
    cmocka_unit_test(test_a_connected_socket_cannot_listen),
    cmocka_unit_test(test_sending_on_a_stream_without_a_peer_is_not_connected),
    cmocka_unit_test(test_receiving_on_a_stream_without_a_peer_is_not_connected),
  };
  return cmocka_run_group_tests_name("connect", tests, NULL, NULL);
}
