/* Who may bind a port: intents, hijackers, and IPv6 with and without IPv4. */
#include "support.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- IPv6 alone or with IPv4 ---- */

/* A listener at the wildcard address of IPv6, and the address that an IPv4 client connects to. */
static pier_socket_t make_wildcard(int v6only, pier_address *name4)
{
  pier_address any;
  pier_socket_t s = open_socket(AF_INET6, SOCK_STREAM);
  assert_int_equal(option_of(s, PIER_OPT_V6ONLY), 1); /* on every system */
  assert_ok(pier_set_option(s, PIER_OPT_V6ONLY, v6only));
  assert_int_equal(option_of(s, PIER_OPT_V6ONLY), v6only);
  assert_result(PIER_EINVAL, pier_set_option(s, PIER_OPT_V6ONLY, 2));
  assert_ok(pier_address_any(AF_INET6, 0, &any));
  assert_ok(pier_bind(s, &any.sa, any.len));
  assert_ok(pier_listen(s, 0));
  any = local_address(s);
  assert_ok(pier_address_loopback(AF_INET, pier_address_port(&any), name4));
  return s;
}

static void test_v6only_off_takes_ipv4_clients_as_mapped_addresses(void **state)
{
  (void)state;
  if (!has_ipv6())
    skip_because("this machine has no IPv6");
  pier_address name4, peer, client_name;
  pier_socket_t listener = make_wildcard(0, &name4), server;
  pier_socket_t client = open_socket(AF_INET, SOCK_STREAM);
  assert_ok(pier_connect(client, &name4.sa, name4.len));
  peer.len = sizeof peer.storage;
  assert_ok(pier_accept(listener, &peer.sa, &peer.len, 0, &server));
  assert_int_equal(peer.sa.sa_family, AF_INET6);
  assert_result(1, pier_address_unmap(&peer));
  client_name = local_address(client);
  assert_true(pier_address_equal(&peer, &client_name));
  assert_ok(pier_close(server));
  assert_ok(pier_close(client));
  assert_ok(pier_close(listener));
}

static void test_v6only_on_refuses_ipv4_clients(void **state)
{
  (void)state;
  if (!has_ipv6())
    skip_because("this machine has no IPv6");
  pier_address name4;
  pier_socket_t listener = make_wildcard(1, &name4);
  pier_socket_t client = open_socket(AF_INET, SOCK_STREAM);
  assert_result(PIER_ECONNREFUSED, pier_connect(client, &name4.sa, name4.len));
  assert_ok(pier_close(client));
  assert_ok(pier_close(listener));
}

static void test_v6only_leaves_the_port_of_ipv4_free(void **state)
{
  (void)state;
  if (!has_ipv6())
    skip_because("this machine has no IPv6");
  pier_address name4, any4;
  pier_socket_t six = make_wildcard(1, &name4);
  pier_socket_t four = open_socket(AF_INET, SOCK_STREAM);
  assert_ok(pier_address_any(AF_INET, pier_address_port(&name4), &any4));
  assert_ok(pier_bind(four, &any4.sa, any4.len));
  assert_ok(pier_listen(four, 0));
  assert_ok(pier_close(four));
  assert_ok(pier_close(six));
}

/* ---- who may bind ---- */

static pier_socket_t make_with_intent(int type, int intent)
{
  pier_socket_t s = open_socket(AF_INET, type);
  assert_ok(pier_set_option(s, PIER_OPT_BIND, intent));
  return s;
}

static pier_socket_t make_exclusive_listener(pier_address *name)
{
  pier_socket_t s = make_with_intent(SOCK_STREAM, PIER_BIND_EXCLUSIVE);
  assert_ok(pier_bind(s, &name->sa, name->len));
  assert_ok(pier_listen(s, 0));
  *name = local_address(s);
  return s;
}

/* Serves one client, and closes first, so that TIME_WAIT is on this side. */
static void serve_and_close_first(pier_socket_t listener, const pier_address *name)
{
  char byte;
  pier_socket_t server, client = open_socket(AF_INET, SOCK_STREAM);
  assert_ok(pier_connect(client, &name->sa, name->len));
  assert_ok(pier_accept(listener, NULL, NULL, 0, &server));
  assert_ok(pier_close(server));
  assert_int_equal(receive_until_end(client, &byte, 1), 0);
  assert_ok(pier_close(client));
}

static void test_exclusive_lets_a_server_restart_at_once(void **state)
{
  (void)state;
  pier_address name;
  assert_ok(pier_address_loopback(AF_INET, 0, &name));
  pier_socket_t listener = make_exclusive_listener(&name);
  for (int i = 0; i < 3; i++) {
    serve_and_close_first(listener, &name);
    assert_ok(pier_close(listener));
    pier_socket_t plain = open_socket(AF_INET, SOCK_STREAM);
    if (!on_windows()) /* where TIME_WAIT keeps nobody from a port */
      assert_result(PIER_EADDRINUSE, pier_bind(plain, &name.sa, name.len));
    assert_ok(pier_close(plain));
    listener = make_exclusive_listener(&name);
  }
  assert_ok(pier_close(listener));
}

static void test_exclusive_refuses_a_second_listener(void **state)
{
  (void)state;
  static const int intents[] = {PIER_BIND_EXCLUSIVE, PIER_BIND_BALANCED, 0};
  pier_address name;
  assert_ok(pier_address_loopback(AF_INET, 0, &name));
  pier_socket_t listener = make_exclusive_listener(&name);
  for (size_t i = 0; i < COUNT(intents); i++) {
    pier_socket_t s = open_socket(AF_INET, SOCK_STREAM);
    int result = intents[i] ? pier_set_option(s, PIER_OPT_BIND, intents[i]) : 0;
    if (result != PIER_ENOTSUP) {
      assert_ok(result);
      assert_result(PIER_EADDRINUSE, pier_bind(s, &name.sa, name.len));
    }
    assert_ok(pier_close(s));
  }
  assert_ok(pier_close(listener));
}

static void test_exclusive_refuses_a_second_datagram_socket(void **state)
{
  (void)state;
  static const int intents[] = {PIER_BIND_EXCLUSIVE, PIER_BIND_SHARED};
  pier_address name;
  pier_socket_t one = make_with_intent(SOCK_DGRAM, PIER_BIND_EXCLUSIVE);
  assert_ok(pier_address_loopback(AF_INET, 0, &name));
  assert_ok(pier_bind(one, &name.sa, name.len));
  name = local_address(one);
  for (size_t i = 0; i < COUNT(intents); i++) {
    pier_socket_t other = make_with_intent(SOCK_DGRAM, intents[i]);
    assert_result(PIER_EADDRINUSE, pier_bind(other, &name.sa, name.len));
    assert_ok(pier_close(other));
  }
  assert_ok(pier_close(one));
}

static void test_shared_lets_several_datagram_sockets_have_one_port(void **state)
{
  (void)state;
  pier_address name;
  pier_socket_t sockets[3];
  assert_ok(pier_address_loopback(AF_INET, 0, &name));
  for (size_t i = 0; i < COUNT(sockets); i++) {
    sockets[i] = make_with_intent(SOCK_DGRAM, PIER_BIND_SHARED);
    assert_ok(pier_bind(sockets[i], &name.sa, name.len));
    name = local_address(sockets[i]);
  }
  for (size_t i = 0; i < COUNT(sockets); i++)
    assert_ok(pier_close(sockets[i]));
}

static void test_the_last_intent_before_the_bind_counts(void **state)
{
  (void)state;
  pier_address name;
  pier_socket_t one = make_with_intent(SOCK_DGRAM, PIER_BIND_EXCLUSIVE);
  pier_socket_t other = make_with_intent(SOCK_DGRAM, PIER_BIND_EXCLUSIVE);
  pier_socket_t third = make_with_intent(SOCK_DGRAM, PIER_BIND_SHARED);
  assert_ok(pier_set_option(one, PIER_OPT_BIND, PIER_BIND_SHARED));
  assert_ok(pier_set_option(other, PIER_OPT_BIND, PIER_BIND_SHARED));
  assert_ok(pier_set_option(third, PIER_OPT_BIND, PIER_BIND_EXCLUSIVE));
  assert_ok(pier_address_loopback(AF_INET, 0, &name));
  assert_ok(pier_bind(one, &name.sa, name.len));
  name = local_address(one);
  assert_ok(pier_bind(other, &name.sa, name.len));
  assert_result(PIER_EADDRINUSE, pier_bind(third, &name.sa, name.len));
  assert_ok(pier_close(one));
  assert_ok(pier_close(other));
  assert_ok(pier_close(third));
}

/* Whether this system balances; on Windows it must say that it does not. */
static bool has_balanced(void)
{
  pier_socket_t s = open_socket(AF_INET, SOCK_STREAM);
  int result = pier_set_option(s, PIER_OPT_BIND, PIER_BIND_BALANCED);
  assert_ok(pier_close(s));
  assert_either(0, PIER_ENOTSUP, result);
  if (on_windows())
    assert_result(PIER_ENOTSUP, result);
  return result == 0;
}

static int accept_all(pier_socket_t listener)
{
  int count = 0;
  pier_socket_t s;
  while (pier_accept(listener, NULL, NULL, 0, &s) == 0) {
    assert_ok(pier_close(s));
    count++;
  }
  return count;
}

static void test_balanced_spreads_connections_among_listeners(void **state)
{
  (void)state;
  enum { CLIENTS = 100 };
  pier_address name;
  pier_socket_t listeners[2], clients[CLIENTS];
  if (!has_balanced())
    skip_because("this system does not balance, and says so");
  assert_ok(pier_address_loopback(AF_INET, 0, &name));
  for (int i = 0; i < 2; i++) {
    listeners[i] = make_with_intent(SOCK_STREAM, PIER_BIND_BALANCED);
    assert_ok(pier_set_nonblocking(listeners[i], true));
    assert_ok(pier_bind(listeners[i], &name.sa, name.len));
    assert_ok(pier_listen(listeners[i], CLIENTS));
    name = local_address(listeners[i]);
  }
  for (int i = 0; i < CLIENTS; i++) {
    clients[i] = open_socket(AF_INET, SOCK_STREAM);
    assert_ok(pier_connect(clients[i], &name.sa, name.len));
  }
  int counts[2] = {accept_all(listeners[0]), accept_all(listeners[1])};
  assert_int_equal(counts[0] + counts[1], CLIENTS);
  assert_in_range(counts[0], 1, CLIENTS - 1); /* all on one side: once in 2 to the 99th */
  for (int i = 0; i < CLIENTS; i++)
    assert_ok(pier_close(clients[i]));
  close_pair(listeners);
}

static void test_exclusive_takes_balanced_back(void **state)
{
  (void)state;
  pier_address name;
  if (!has_balanced())
    skip_because("this system does not balance, and says so");
  pier_socket_t first = make_with_intent(SOCK_STREAM, PIER_BIND_BALANCED);
  pier_socket_t second = make_with_intent(SOCK_STREAM, PIER_BIND_BALANCED);
  assert_ok(pier_set_option(first, PIER_OPT_BIND, PIER_BIND_EXCLUSIVE));
  assert_ok(pier_address_loopback(AF_INET, 0, &name));
  assert_ok(pier_bind(first, &name.sa, name.len));
  assert_ok(pier_listen(first, 1));
  name = local_address(first);
  assert_result(PIER_EADDRINUSE, pier_bind(second, &name.sa, name.len));
  assert_ok(pier_close(first));
  assert_ok(pier_close(second));
}

static void test_the_bind_intent_is_not_read_back(void **state)
{
  (void)state;
  pier_socket_t s = open_socket(AF_INET, SOCK_STREAM);
  int value = 77;
  assert_result(PIER_ENOTSUP, pier_get_option(s, PIER_OPT_BIND, &value));
  assert_int_equal(value, 77);
  assert_ok(pier_close(s));
}

static void test_the_bind_intent_is_one_of_three(void **state)
{
  (void)state;
  pier_socket_t s = open_socket(AF_INET, SOCK_DGRAM);
  assert_result(PIER_EINVAL, pier_set_option(s, PIER_OPT_BIND, 0));
  assert_result(PIER_EINVAL, pier_set_option(s, PIER_OPT_BIND, PIER_BIND_BALANCED + 1));
  assert_result(PIER_EINVAL, pier_set_option(s, PIER_OPT_BIND, -1));
  assert_ok(pier_close(s));
}

static void test_sharing_is_not_supported_on_streams(void **state)
{
  (void)state;
  pier_socket_t s = open_socket(AF_INET, SOCK_STREAM);
  assert_result(PIER_ENOTSUP, pier_set_option(s, PIER_OPT_BIND, PIER_BIND_SHARED));
  assert_ok(pier_close(s));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_v6only_off_takes_ipv4_clients_as_mapped_addresses),
    cmocka_unit_test(test_v6only_on_refuses_ipv4_clients),
    cmocka_unit_test(test_v6only_leaves_the_port_of_ipv4_free),
    cmocka_unit_test(test_exclusive_lets_a_server_restart_at_once),
    cmocka_unit_test(test_exclusive_refuses_a_second_listener),
    cmocka_unit_test(test_exclusive_refuses_a_second_datagram_socket),
    cmocka_unit_test(test_shared_lets_several_datagram_sockets_have_one_port),
    cmocka_unit_test(test_the_last_intent_before_the_bind_counts),
    cmocka_unit_test(test_balanced_spreads_connections_among_listeners),
    cmocka_unit_test(test_exclusive_takes_balanced_back),
    cmocka_unit_test(test_the_bind_intent_is_not_read_back),
    cmocka_unit_test(test_the_bind_intent_is_one_of_three),
    cmocka_unit_test(test_sharing_is_not_supported_on_streams),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
