/* Making, naming, connecting and ending sockets. */
#include "support.h"

#include <limits.h>

static int get(pier_socket_t s, pier_option option)
{
  int value = -1;
  assert_ok(pier_get_option(s, option, &value));
  return value;
}

static void test_a_new_socket_is_not_inherited_unless_asked(void **state)
{
  (void)state;
  pier_socket_t s;
  assert_ok(pier_socket(AF_INET, SOCK_STREAM, 0, &s));
  assert_false(is_inheritable(s));
  assert_ok(pier_close(s));
  assert_ok(pier_socket(AF_INET, SOCK_STREAM | PIER_INHERIT, 0, &s));
  assert_true(is_inheritable(s));
  assert_ok(pier_set_inheritable(s, false));
  assert_false(is_inheritable(s));
  assert_ok(pier_set_inheritable(s, true));
  assert_true(is_inheritable(s));
  assert_ok(pier_close(s));
}

/* Difference: 4-new-mode */
static void test_a_new_socket_blocks_unless_asked(void **state)
{
  (void)state;
  pier_socket_t pair[2];
  make_udp_pair(AF_INET, pair);
  assert_int_equal(is_blocking(pair[0]), 1);
  assert_ok(pier_set_nonblocking(pair[0], true));
  assert_int_equal(is_blocking(pair[0]), 0);
  assert_ok(pier_set_nonblocking(pair[0], false));
  assert_int_equal(is_blocking(pair[0]), 1);
  assert_ok(pier_close(pair[0]));
  assert_ok(pier_close(pair[1]));

  pier_socket_t s;
  char byte;
  pier_address name;
  assert_ok(pier_socket(AF_INET, SOCK_DGRAM | PIER_NONBLOCK, 0, &s));
  assert_ok(pier_address_loopback(AF_INET, 0, &name));
  assert_ok(pier_bind(s, &name.sa, name.len));
  assert_result(PIER_EAGAIN, pier_recv(s, &byte, 1, 0));
  assert_ok(pier_close(s));
}

static void test_a_socket_tells_what_it_was_made_of(void **state)
{
  (void)state;
  static const struct {
    int family, type, protocol;
  } kinds[] = {
    {AF_INET, SOCK_STREAM, IPPROTO_TCP},
    {AF_INET, SOCK_DGRAM, IPPROTO_UDP},
    {AF_INET6, SOCK_STREAM, IPPROTO_TCP},
    {AF_INET6, SOCK_DGRAM, IPPROTO_UDP},
  };
  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
    if (kinds[i].family == AF_INET6 && !has_ipv6())
      continue;
    pier_socket_t s;
    assert_ok(pier_socket(kinds[i].family, kinds[i].type, kinds[i].protocol, &s));
    assert_int_equal(get(s, PIER_OPT_FAMILY), kinds[i].family);
    assert_int_equal(get(s, PIER_OPT_TYPE), kinds[i].type);
    assert_ok(pier_close(s));
  }
}

static void test_unknown_families_and_types_have_their_codes(void **state)
{
  (void)state;
  pier_socket_t s = 0;
  assert_result(PIER_EAFNOSUPPORT, pier_socket(AF_UNSPEC, SOCK_STREAM, 0, &s));
  assert_true(s == PIER_INVALID_SOCKET);
  s = 0;
  assert_result(PIER_EAFNOSUPPORT, pier_socket(99, SOCK_STREAM, 0, &s));
  assert_true(s == PIER_INVALID_SOCKET);
  assert_result(PIER_ESOCKTNOSUPPORT, pier_socket(AF_INET, 77, 0, &s));
  assert_result(PIER_ESOCKTNOSUPPORT, pier_socket(AF_INET, SOCK_SEQPACKET, 0, &s));
  assert_either(PIER_EPROTONOSUPPORT, PIER_EPROTOTYPE,
                pier_socket(AF_INET, SOCK_STREAM, IPPROTO_UDP, &s));
  assert_true(s == PIER_INVALID_SOCKET);
}

static void test_a_new_ipv6_socket_takes_ipv6_only(void **state)
{
  (void)state;
  if (!has_ipv6())
    skip_because("no IPv6 here");
  pier_socket_t s;
  assert_ok(pier_socket(AF_INET6, SOCK_STREAM, 0, &s));
  assert_int_equal(get(s, PIER_OPT_V6ONLY), 1);
  assert_ok(pier_close(s));
}

/* Difference: 4-accepted-mode */
static void test_accept_gives_a_blocking_socket_from_a_non_blocking_listener(void **state)
{
  (void)state;
  pier_address name;
  pier_socket_t listener = make_listener(AF_INET, &name);
  assert_ok(pier_set_nonblocking(listener, true));
  static const int flags[] = {0, PIER_NONBLOCK, PIER_INHERIT, PIER_NONBLOCK | PIER_INHERIT};
  for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
    pier_socket_t client, accepted;
    assert_ok(pier_socket(AF_INET, SOCK_STREAM, 0, &client));
    assert_ok(pier_connect(client, &name.sa, name.len));
    await_readable(listener);
    assert_ok(pier_accept(listener, NULL, NULL, flags[i], &accepted));
    assert_int_equal(is_blocking(accepted), !(flags[i] & PIER_NONBLOCK));
    assert_int_equal(is_inheritable(accepted), (flags[i] & PIER_INHERIT) != 0);
    assert_ok(pier_close(client));
    assert_ok(pier_close(accepted));
  }
  pier_socket_t none;
  assert_result(PIER_EAGAIN, pier_accept(listener, NULL, NULL, 0, &none));
  assert_true(none == PIER_INVALID_SOCKET);
  assert_result(PIER_EINVAL, pier_accept(listener, NULL, NULL, 1, &none));
  assert_ok(pier_close(listener));
}

/* Difference: 4-selected-events */
static void test_a_socket_with_selected_events_cannot_be_made_blocking(void **state)
{
  (void)state;
  pier_address name;
  pier_socket_t listener = make_listener(AF_INET, &name);
  if (!select_events(listener)) {
    assert_ok(pier_close(listener));
    skip_because("there is no selection of events here");
  }
  assert_result(PIER_EINVAL, pier_set_nonblocking(listener, false));
  assert_ok(pier_set_nonblocking(listener, true));
  assert_ok(pier_close(listener));
}

/* Difference: 15-accept-inherits-events */
static void test_accept_gives_a_socket_without_its_listeners_selection_of_events(void **state)
{
  (void)state;
  pier_address name;
  pier_socket_t listener = make_listener(AF_INET, &name);
  if (!select_events(listener)) {
    assert_ok(pier_close(listener));
    skip_because("there is no selection of events here");
  }
  for (int flags = 0; flags <= PIER_NONBLOCK; flags += PIER_NONBLOCK) {
    pier_socket_t client, accepted;
    assert_ok(pier_socket(AF_INET, SOCK_STREAM, 0, &client));
    assert_ok(pier_connect(client, &name.sa, name.len));
    await_readable(listener);
    assert_ok(pier_accept(listener, NULL, NULL, flags, &accepted));
    assert_int_equal(is_blocking(accepted), !flags);
    assert_ok(pier_set_nonblocking(accepted, false)); /* refused while events are selected */
    assert_int_equal(is_blocking(accepted), 1);
    assert_ok(pier_close(client));
    assert_ok(pier_close(accepted));
  }
  assert_ok(pier_close(listener));
}

static void test_accept_and_the_names_agree(void **state)
{
  int family = *(int *)*state;
  if (family == AF_INET6 && !has_ipv6())
    skip_because("no IPv6 here");
  pier_address name, from, own, peer;
  pier_socket_t listener = make_listener(family, &name);
  pier_socket_t client, accepted;
  assert_ok(pier_socket(family, SOCK_STREAM, 0, &client));
  assert_ok(pier_connect(client, &name.sa, name.len));
  from.len = own.len = peer.len = sizeof from.storage;
  assert_ok(pier_accept(listener, &from.sa, &from.len, 0, &accepted));
  assert_ok(pier_getsockname(client, &own.sa, &own.len));
  assert_ok(pier_getpeername(client, &peer.sa, &peer.len));
  assert_true(pier_address_equal(&from, &own));
  assert_true(pier_address_equal(&peer, &name));
  peer.len = sizeof peer.storage;
  assert_ok(pier_getpeername(accepted, &peer.sa, &peer.len));
  assert_true(pier_address_equal(&from, &peer));
  assert_int_equal(get(listener, PIER_OPT_LISTENING), 1);
  assert_int_equal(get(client, PIER_OPT_LISTENING), 0);
  assert_ok(pier_close(accepted));
  assert_ok(pier_close(client));
  assert_ok(pier_close(listener));
}

static void test_an_address_is_cut_to_a_short_buffer(void **state)
{
  (void)state;
  pier_address name, whole;
  pier_socket_t listener = make_listener(AF_INET, &name);
  pier_socket_t client, accepted;
  assert_ok(pier_socket(AF_INET, SOCK_STREAM, 0, &client));
  assert_ok(pier_connect(client, &name.sa, name.len));
  whole.len = sizeof whole.storage;
  assert_ok(pier_getsockname(client, &whole.sa, &whole.len));

  unsigned char cut[8];
  memset(cut, 0xaa, sizeof cut);
  socklen_t len = 4;
  assert_ok(pier_getsockname(client, (struct sockaddr *)cut, &len));
  assert_int_equal(len, sizeof(struct sockaddr_in));
  assert_memory_equal(cut, &whole.sa, 4);
  assert_int_equal(cut[4], 0xaa);

  memset(cut, 0xaa, sizeof cut);
  len = 4;
  assert_ok(pier_accept(listener, (struct sockaddr *)cut, &len, 0, &accepted));
  assert_int_equal(len, sizeof(struct sockaddr_in));
  assert_memory_equal(cut, &whole.sa, 4);
  assert_int_equal(cut[4], 0xaa);

  len = 0;
  assert_ok(pier_getpeername(accepted, (struct sockaddr *)cut, &len));
  assert_int_equal(len, sizeof(struct sockaddr_in));
  assert_ok(pier_close(accepted));
  assert_ok(pier_close(client));
  assert_ok(pier_close(listener));
}

/* Difference: 7b-name-of-unbound */
static void test_an_unbound_socket_has_the_wildcard_name(void **state)
{
  int family = *(int *)*state;
  if (family == AF_INET6 && !has_ipv6())
    skip_because("no IPv6 here");
  pier_socket_t s;
  pier_address name, any;
  assert_ok(pier_socket(family, SOCK_STREAM, 0, &s));
  name.len = sizeof name.storage;
  assert_ok(pier_getsockname(s, &name.sa, &name.len));
  assert_ok(pier_address_any(family, 0, &any));
  assert_true(pier_address_equal(&name, &any));
  assert_result(PIER_ENOTCONN, pier_getpeername(s, &name.sa, &name.len));
  assert_ok(pier_close(s));
}

static void test_connect_to_nobody_is_refused(void **state)
{
  (void)state;
  pier_address dead = make_dead_address(AF_INET);
  pier_socket_t s;
  assert_ok(pier_socket(AF_INET, SOCK_STREAM, 0, &s));
  assert_result(PIER_ECONNREFUSED, pier_connect(s, &dead.sa, dead.len));
  assert_ok(pier_close(s));
}

/* Difference: 14-in-progress */
static void test_a_non_blocking_connect_is_in_progress_and_then_tells_its_end(void **state)
{
  (void)state;
  pier_address name;
  pier_socket_t listener = make_listener(AF_INET, &name);
  pier_socket_t s;
  assert_ok(pier_socket(AF_INET, SOCK_STREAM | PIER_NONBLOCK, 0, &s));
  assert_either(PIER_EINPROGRESS, 0, pier_connect(s, &name.sa, name.len));
  await_writable(s);
  assert_int_equal(get(s, PIER_OPT_ERROR), 0);
  assert_ok(pier_close(s));
  assert_ok(pier_close(listener));

  pier_address dead = make_dead_address(AF_INET);
  assert_ok(pier_socket(AF_INET, SOCK_STREAM | PIER_NONBLOCK, 0, &s));
  int result = pier_connect(s, &dead.sa, dead.len);
  if (result == PIER_EINPROGRESS) {
    await_writable(s);
    result = get(s, PIER_OPT_ERROR);
  }
  assert_result(PIER_ECONNREFUSED, result);
  assert_ok(pier_close(s));
}

static void test_connecting_twice_is_an_error(void **state)
{
  (void)state;
  pier_address name;
  pier_socket_t listener = make_listener(AF_INET, &name);
  pier_socket_t s;
  assert_ok(pier_socket(AF_INET, SOCK_STREAM, 0, &s));
  assert_ok(pier_connect(s, &name.sa, name.len));
  assert_result(PIER_EISCONN, pier_connect(s, &name.sa, name.len));
  assert_ok(pier_close(s));
  assert_ok(pier_close(listener));
}

static void test_mistaken_addresses_have_one_code_each(void **state)
{
  (void)state;
  pier_socket_t s;
  pier_address in, in6, far_away;
  assert_ok(pier_address_loopback(AF_INET, 1, &in));
  assert_ok(pier_address_loopback(AF_INET6, 1, &in6));
  assert_ok(pier_address_parse("192.0.2.1:1", &far_away)); /* nobody's, RFC 5737; only bound to */
  assert_ok(pier_socket(AF_INET, SOCK_STREAM, 0, &s));
  assert_result(PIER_EAFNOSUPPORT, pier_bind(s, &in6.sa, in6.len));
  assert_result(PIER_EAFNOSUPPORT, pier_connect(s, &in6.sa, in6.len));
  static const socklen_t lengths[] = {(socklen_t)-1, 0, 1, 15, 100000};
  for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
    assert_result(PIER_EINVAL, pier_bind(s, &in.sa, lengths[i]));
    assert_result(PIER_EINVAL, pier_connect(s, &in.sa, lengths[i]));
  }
  assert_result(PIER_EADDRNOTAVAIL, pier_bind(s, &far_away.sa, far_away.len));
  assert_ok(pier_close(s));
}

/* Difference: 7b-bind-busy-port */
static void test_binding_twice_and_binding_a_busy_port_are_errors(void **state)
{
  (void)state;
  pier_address name, other;
  pier_socket_t listener = make_listener(AF_INET, &name);
  assert_ok(pier_address_loopback(AF_INET, 0, &other));
  assert_result(PIER_EINVAL, pier_bind(listener, &other.sa, other.len));
  static const int intents[] = {0, PIER_BIND_EXCLUSIVE};
  for (size_t i = 0; i < sizeof intents / sizeof intents[0]; i++) {
    pier_socket_t second;
    assert_ok(pier_socket(AF_INET, SOCK_STREAM, 0, &second));
    if (intents[i])
      assert_ok(pier_set_option(second, PIER_OPT_BIND, intents[i]));
    assert_result(PIER_EADDRINUSE, pier_bind(second, &name.sa, name.len));
    assert_ok(pier_close(second));
  }
  assert_ok(pier_close(listener));
}

/* Difference: 33-any-backlog */
static void test_listen_takes_any_backlog(void **state)
{
  (void)state;
  static const int backlogs[] = {INT_MIN, -1, 0, 1, 200, 201, 1000, 65535, 65536, INT_MAX};
  for (size_t i = 0; i < sizeof backlogs / sizeof backlogs[0]; i++) {
    pier_socket_t s, client, accepted;
    pier_address name;
    assert_ok(pier_socket(AF_INET, SOCK_STREAM, 0, &s));
    assert_ok(pier_address_loopback(AF_INET, 0, &name));
    assert_ok(pier_bind(s, &name.sa, name.len));
    assert_ok(pier_listen(s, backlogs[i]));
    name.len = sizeof name.storage;
    assert_ok(pier_getsockname(s, &name.sa, &name.len));
    assert_ok(pier_socket(AF_INET, SOCK_STREAM, 0, &client));
    assert_ok(pier_connect(client, &name.sa, name.len));
    assert_ok(pier_accept(s, NULL, NULL, 0, &accepted));
    assert_ok(pier_close(accepted));
    assert_ok(pier_close(client));
    assert_ok(pier_close(s));
  }
}

static void test_only_stream_sockets_listen_and_accept(void **state)
{
  (void)state;
  pier_address name;
  pier_socket_t out, udp = make_udp(AF_INET, &name);
  assert_result(PIER_ENOTSUP, pier_listen(udp, 1));
  assert_either(PIER_ENOTSUP, PIER_EINVAL, pier_accept(udp, NULL, NULL, 0, &out));
  assert_ok(pier_close(udp));
  pier_socket_t tcp;
  assert_ok(pier_socket(AF_INET, SOCK_STREAM, 0, &tcp));
  assert_result(PIER_EINVAL, pier_accept(tcp, NULL, NULL, 0, &out));
  assert_ok(pier_close(tcp));
}

static void test_shutdown_ends_one_direction(void **state)
{
  (void)state;
  pier_socket_t pair[2];
  char byte = 'x';
  make_tcp_pair(AF_INET, pair);
  assert_result(PIER_EINVAL, pier_shutdown(pair[0], 3));
  assert_result(PIER_EINVAL, pier_shutdown(pair[0], -1));
  assert_ok(pier_shutdown(pair[0], SHUT_WR));
  assert_result(0, pier_recv(pair[1], &byte, 1, 0));
  assert_result(PIER_EPIPE, pier_send(pair[0], &byte, 1, 0));
  assert_result(1, pier_send(pair[1], &byte, 1, 0));
  assert_result(1, pier_recv(pair[0], &byte, 1, 0));
  assert_ok(pier_close(pair[0]));
  assert_ok(pier_close(pair[1]));

  pier_socket_t lonely;
  assert_ok(pier_socket(AF_INET, SOCK_STREAM, 0, &lonely));
  assert_result(PIER_ENOTCONN, pier_shutdown(lonely, SHUT_WR));
  assert_ok(pier_close(lonely));
}

static void test_receiving_after_shutting_that_down_is_the_end(void **state)
{
  (void)state;
  pier_socket_t pair[2];
  char byte;
  make_tcp_pair(AF_INET, pair);
  assert_ok(pier_shutdown(pair[0], SHUT_RD));
  assert_result(0, pier_recv(pair[0], &byte, 1, 0));
  assert_ok(pier_close(pair[0]));
  assert_ok(pier_close(pair[1]));
}

/* Difference: 3-abort */
static void test_abort_resets_the_connection(void **state)
{
  (void)state;
  pier_socket_t pair[2];
  char byte;
  make_tcp_pair(AF_INET, pair);
  assert_ok(pier_abort(pair[0]));
  await_readable(pair[1]);
  if (on_wine()) {
    assert_either(PIER_ECONNRESET, 0, pier_recv(pair[1], &byte, 1, 0));
    assert_ok(pier_close(pair[1]));
    skip_because("Wine tells a reset as the end of the stream");
  }
  assert_result(PIER_ECONNRESET, pier_recv(pair[1], &byte, 1, 0));
  assert_ok(pier_close(pair[1]));
}

/* Difference: 2-double-close */
/* Difference: 3-close-twice */
static void test_close_of_what_is_closed_is_an_error(void **state)
{
  (void)state;
  assert_bad_handle(pier_close(make_closed_socket()));
  assert_bad_handle(pier_close(PIER_INVALID_SOCKET));
  assert_bad_handle(pier_abort(make_closed_socket()));
}

/* Difference: 16-dup */
/* Difference: 4-mode-of-a-duplicate */
static void test_a_duplicate_is_a_second_handle_of_the_same_socket(void **state)
{
  (void)state;
  for (int first = 0; first < 2; first++) { /* either may be closed first */
    pier_socket_t pair[2], both[2];
    char byte = 'd';
    make_tcp_pair(AF_INET, pair);
    both[0] = pair[0];
    assert_ok(pier_dup(pair[0], &both[1]));
    assert_true(both[0] != both[1]);
    assert_false(is_inheritable(both[1]));
    assert_ok(pier_set_option(both[0], PIER_OPT_NODELAY, 1));
    assert_int_equal(get(both[1], PIER_OPT_NODELAY), 1);
    assert_ok(pier_set_nonblocking(both[0], true));
    assert_int_equal(is_blocking(both[1]), 0);
    assert_ok(pier_close(both[first]));
    assert_result(1, pier_send(both[!first], &byte, 1, 0));
    assert_result(1, pier_recv(pair[1], &byte, 1, 0));
    assert_ok(pier_close(both[!first]));
    assert_result(0, pier_recv(pair[1], &byte, 1, 0));
    assert_ok(pier_close(pair[1]));
  }
}

static void test_adopt_gives_a_native_socket_the_defaults(void **state)
{
  (void)state;
  assert_ok(pier_startup());
  pier_socket_t s = socket(AF_INET, SOCK_DGRAM, 0);
  assert_true(s != PIER_INVALID_SOCKET);
  assert_true(is_inheritable(s));
  assert_ok(pier_adopt(s));
  assert_false(is_inheritable(s));
  assert_ok(pier_close(s));
  assert_bad_handle(pier_adopt(make_closed_socket()));
  pier_cleanup();
}

static void test_a_socket_can_come_before_any_start(void **state)
{
  (void)state;
  pier_socket_t s = make_closed_socket();
  forget_startup();
  assert_bad_handle(pier_close(PIER_INVALID_SOCKET));
  assert_bad_handle(pier_set_nonblocking(s, true));
  forget_startup();
  assert_bad_handle(pier_adopt(s)); /* starts Winsock, for the socket could be a parent's */
  assert_ok(pier_socket(AF_INET, SOCK_STREAM, 0, &s));
  assert_ok(pier_adopt(s));
  assert_ok(pier_close(s));
}

static void test_disconnect_frees_a_datagram_socket_of_its_peer(void **state)
{
  int family = *(int *)*state;
  if (family == AF_INET6 && !has_ipv6())
    skip_because("no IPv6 here");
  pier_address stranger_name, name;
  pier_socket_t pair[2];
  char byte = 's';
  make_udp_pair(family, pair);
  pier_socket_t stranger = make_udp(family, &stranger_name);
  assert_ok(pier_disconnect(pair[0]));
  assert_result(PIER_ENOTCONN,
                pier_getpeername(pair[0], &name.sa, &(socklen_t){sizeof name.storage}));
  assert_result(1, pier_sendto(pair[0], &byte, 1, 0, &stranger_name.sa, stranger_name.len));
  assert_result(1, pier_recv(stranger, &byte, 1, 0));
  assert_ok(pier_close(stranger));
  assert_ok(pier_close(pair[0]));
  assert_ok(pier_close(pair[1]));

  pier_socket_t tcp[2];
  make_tcp_pair(AF_INET, tcp);
  assert_result(PIER_EINVAL, pier_disconnect(tcp[0]));
  assert_ok(pier_close(tcp[0]));
  assert_ok(pier_close(tcp[1]));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_a_new_socket_is_not_inherited_unless_asked),
    cmocka_unit_test(test_a_new_socket_blocks_unless_asked),
    cmocka_unit_test(test_a_socket_tells_what_it_was_made_of),
    cmocka_unit_test(test_unknown_families_and_types_have_their_codes),
    cmocka_unit_test(test_a_new_ipv6_socket_takes_ipv6_only),
    cmocka_unit_test(test_accept_gives_a_blocking_socket_from_a_non_blocking_listener),
    cmocka_unit_test(test_a_socket_with_selected_events_cannot_be_made_blocking),
    cmocka_unit_test(test_accept_gives_a_socket_without_its_listeners_selection_of_events),
    for_family(test_accept_and_the_names_agree, in),
    for_family(test_accept_and_the_names_agree, in6),
    cmocka_unit_test(test_an_address_is_cut_to_a_short_buffer),
    for_family(test_an_unbound_socket_has_the_wildcard_name, in),
    for_family(test_an_unbound_socket_has_the_wildcard_name, in6),
    cmocka_unit_test(test_connect_to_nobody_is_refused),
    cmocka_unit_test(test_a_non_blocking_connect_is_in_progress_and_then_tells_its_end),
    cmocka_unit_test(test_connecting_twice_is_an_error),
    cmocka_unit_test(test_mistaken_addresses_have_one_code_each),
    cmocka_unit_test(test_binding_twice_and_binding_a_busy_port_are_errors),
    cmocka_unit_test(test_listen_takes_any_backlog),
    cmocka_unit_test(test_only_stream_sockets_listen_and_accept),
    cmocka_unit_test(test_shutdown_ends_one_direction),
    cmocka_unit_test(test_receiving_after_shutting_that_down_is_the_end),
    cmocka_unit_test(test_abort_resets_the_connection),
    cmocka_unit_test(test_close_of_what_is_closed_is_an_error),
    cmocka_unit_test(test_a_duplicate_is_a_second_handle_of_the_same_socket),
    cmocka_unit_test(test_adopt_gives_a_native_socket_the_defaults),
    cmocka_unit_test(test_a_socket_can_come_before_any_start),
    for_family(test_disconnect_frees_a_datagram_socket_of_its_peer, in),
    for_family(test_disconnect_frees_a_datagram_socket_of_its_peer, in6),
  };
  return cmocka_run_group_tests_name("socket", tests, NULL, NULL);
}
