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

/* Difference: 9-v6only-default */
/* Difference: 9-mapped-addresses */
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

/* Difference: 9-v6only-refuses */
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

/* Difference: 9-v6only-port-of-ipv4 */
static void test_v6only_leaves_the_port_of_ipv4_free(void **state)
{
  (void)state;
  if (!has_ipv6())
    skip_because("this machine has no IPv6");
  int result = PIER_EADDRINUSE;
  for (int tries = 0; result == PIER_EADDRINUSE && tries < 20; tries++) {
    pier_address name4, any4; /* another program may have IPv4's port: then the next */
    pier_socket_t six = make_wildcard(1, &name4);
    pier_socket_t four = open_socket(AF_INET, SOCK_STREAM);
    assert_ok(pier_address_any(AF_INET, pier_address_port(&name4), &any4));
    result = pier_bind(four, &any4.sa, any4.len);
    if (result == 0)
      assert_ok(pier_listen(four, 0));
    assert_ok(pier_close(four));
    assert_ok(pier_close(six));
  }
  assert_ok(result);
}

/* Difference: 9-v6only-after-bind */
static void test_v6only_cannot_change_once_bound(void **state)
{
  (void)state;
  if (!has_ipv6())
    skip_because("this machine has no IPv6");
  pier_address name4;
  pier_socket_t s = make_wildcard(1, &name4);
  assert_result(PIER_EINVAL, pier_set_option(s, PIER_OPT_V6ONLY, 0));
  assert_int_equal(option_of(s, PIER_OPT_V6ONLY), 1);
  assert_ok(pier_close(s));
}

/* Difference: 9-dual-stack-port */
static void test_v6only_off_holds_the_port_of_ipv4_too(void **state)
{
  (void)state;
  if (!has_ipv6())
    skip_because("this machine has no IPv6");
  pier_address any;
  pier_socket_t six = open_socket(AF_INET6, SOCK_STREAM);
  assert_ok(pier_set_option(six, PIER_OPT_BIND, PIER_BIND_EXCLUSIVE));
  assert_ok(pier_set_option(six, PIER_OPT_V6ONLY, 0));
  assert_ok(pier_address_any(AF_INET6, 0, &any));
  assert_ok(pier_bind(six, &any.sa, any.len));
  assert_ok(pier_listen(six, 1));
  any = local_address(six);
  pier_socket_t four = open_socket(AF_INET, SOCK_STREAM);
  assert_ok(pier_set_option(four, PIER_OPT_BIND, PIER_BIND_EXCLUSIVE));
  assert_ok(pier_address_any(AF_INET, pier_address_port(&any), &any));
  assert_result(PIER_EADDRINUSE, pier_bind(four, &any.sa, any.len));
  assert_ok(pier_close(four));
  assert_ok(pier_close(six));
}

/* Difference: 9-dual-stack-datagram */
static void test_v6only_off_takes_ipv4_datagrams_and_answers_them(void **state)
{
  (void)state;
  if (!has_ipv6())
    skip_because("this machine has no IPv6");
  char byte = 0;
  pier_address any, name4, peer = {.len = sizeof peer.storage};
  pier_socket_t six = open_socket(AF_INET6, SOCK_DGRAM), four = make_udp(AF_INET, &name4);
  assert_ok(pier_set_option(six, PIER_OPT_V6ONLY, 0));
  assert_ok(pier_address_any(AF_INET6, 0, &any));
  assert_ok(pier_bind(six, &any.sa, any.len));
  any = local_address(six);
  assert_ok(pier_address_loopback(AF_INET, pier_address_port(&any), &any));
  assert_result(1, pier_sendto(four, "a", 1, 0, &any.sa, any.len));
  await_readable(six);
  assert_result(1, pier_recvfrom(six, &byte, 1, 0, &peer.sa, &peer.len));
  assert_int_equal(peer.sa.sa_family, AF_INET6);
  assert_result(1, pier_sendto(six, "b", 1, 0, &peer.sa, peer.len));
  await_readable(four);
  assert_result(1, pier_recv(four, &byte, 1, 0));
  assert_int_equal(byte, 'b');
  assert_result(1, pier_address_unmap(&peer));
  assert_true(pier_address_equal(&peer, &name4));
  assert_ok(pier_close(four));
  assert_ok(pier_close(six));
}

/* ---- who may bind ---- */

static pier_socket_t make_with_intent(int family, int type, int intent)
{
  pier_socket_t s = open_socket(family, type);
  assert_ok(pier_set_option(s, PIER_OPT_BIND, intent));
  return s;
}

static pier_socket_t make_exclusive_listener(pier_address *name)
{
  pier_socket_t s = make_with_intent(name->sa.sa_family, SOCK_STREAM, PIER_BIND_EXCLUSIVE);
  assert_ok(pier_bind(s, &name->sa, name->len));
  assert_ok(pier_listen(s, 0));
  *name = local_address(s);
  return s;
}

/* Serves one client, and closes first, so that TIME_WAIT is on this side. */
static void serve_and_close_first(pier_socket_t listener, const pier_address *name)
{
  char byte;
  pier_socket_t server, client = open_socket(name->sa.sa_family, SOCK_STREAM);
  assert_ok(pier_connect(client, &name->sa, name->len));
  assert_ok(pier_accept(listener, NULL, NULL, 0, &server));
  assert_ok(pier_close(server));
  assert_int_equal(receive_until_end(client, &byte, 1), 0);
  assert_ok(pier_close(client));
}

/* Difference: 8-restart-time-wait */
static void test_exclusive_lets_a_server_restart_at_once(void **state)
{
  int family = *(int *)*state;
  if (family == AF_INET6 && !has_ipv6())
    skip_because("this machine has no IPv6");
  pier_address name;
  assert_ok(pier_address_loopback(family, 0, &name));
  pier_socket_t listener = make_exclusive_listener(&name);
  for (int i = 0; i < 3; i++) {
    serve_and_close_first(listener, &name);
    assert_ok(pier_close(listener));
    pier_socket_t plain = open_socket(family, SOCK_STREAM);
    if (!on_windows()) /* where TIME_WAIT keeps nobody from a port */
      assert_result(PIER_EADDRINUSE, pier_bind(plain, &name.sa, name.len));
    assert_ok(pier_close(plain));
    listener = make_exclusive_listener(&name);
  }
  assert_ok(pier_close(listener));
}

/* Difference: 8-second-listener */
static void test_exclusive_refuses_a_second_listener(void **state)
{
  int family = *(int *)*state;
  if (family == AF_INET6 && !has_ipv6())
    skip_because("this machine has no IPv6");
  static const int intents[] = {PIER_BIND_EXCLUSIVE, PIER_BIND_BALANCED, 0};
  pier_address name;
  assert_ok(pier_address_loopback(family, 0, &name));
  pier_socket_t listener = make_exclusive_listener(&name);
  for (size_t i = 0; i < COUNT(intents); i++) {
    pier_socket_t s = open_socket(family, SOCK_STREAM);
    int result = intents[i] ? pier_set_option(s, PIER_OPT_BIND, intents[i]) : 0;
    if (result != PIER_ENOTSUP) {
      assert_ok(result);
      assert_result(PIER_EADDRINUSE, pier_bind(s, &name.sa, name.len));
    }
    assert_ok(pier_close(s));
  }
  assert_ok(pier_close(listener));
}

/* Difference: 8-second-datagram-socket */
static void test_exclusive_refuses_a_second_datagram_socket(void **state)
{
  int family = *(int *)*state;
  if (family == AF_INET6 && !has_ipv6())
    skip_because("this machine has no IPv6");
  static const int intents[] = {PIER_BIND_EXCLUSIVE, PIER_BIND_SHARED};
  pier_address name;
  pier_socket_t one = make_with_intent(family, SOCK_DGRAM, PIER_BIND_EXCLUSIVE);
  assert_ok(pier_address_loopback(family, 0, &name));
  assert_ok(pier_bind(one, &name.sa, name.len));
  name = local_address(one);
  for (size_t i = 0; i < COUNT(intents); i++) {
    pier_socket_t other = make_with_intent(family, SOCK_DGRAM, intents[i]);
    assert_result(PIER_EADDRINUSE, pier_bind(other, &name.sa, name.len));
    assert_ok(pier_close(other));
  }
  assert_ok(pier_close(one));
}

/* Difference: 8-shared */
static void test_shared_lets_several_datagram_sockets_have_one_port(void **state)
{
  int family = *(int *)*state;
  if (family == AF_INET6 && !has_ipv6())
    skip_because("this machine has no IPv6");
  pier_address name;
  pier_socket_t sockets[3];
  assert_ok(pier_address_loopback(family, 0, &name));
  for (size_t i = 0; i < COUNT(sockets); i++) {
    sockets[i] = make_with_intent(family, SOCK_DGRAM, PIER_BIND_SHARED);
    assert_ok(pier_bind(sockets[i], &name.sa, name.len));
    name = local_address(sockets[i]);
  }
  for (size_t i = 0; i < COUNT(sockets); i++)
    assert_ok(pier_close(sockets[i]));
}

/* Difference: 8-last-intent */
static void test_the_last_intent_before_the_bind_counts(void **state)
{
  int family = *(int *)*state;
  if (family == AF_INET6 && !has_ipv6())
    skip_because("this machine has no IPv6");
  pier_address name;
  pier_socket_t one = make_with_intent(family, SOCK_DGRAM, PIER_BIND_EXCLUSIVE);
  pier_socket_t other = make_with_intent(family, SOCK_DGRAM, PIER_BIND_EXCLUSIVE);
  pier_socket_t third = make_with_intent(family, SOCK_DGRAM, PIER_BIND_SHARED);
  assert_ok(pier_set_option(one, PIER_OPT_BIND, PIER_BIND_SHARED));
  assert_ok(pier_set_option(other, PIER_OPT_BIND, PIER_BIND_SHARED));
  assert_ok(pier_set_option(third, PIER_OPT_BIND, PIER_BIND_EXCLUSIVE));
  assert_ok(pier_address_loopback(family, 0, &name));
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

/* Difference: 8-balanced */
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
    listeners[i] = make_with_intent(AF_INET, SOCK_STREAM, PIER_BIND_BALANCED);
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
  int family = *(int *)*state;
  if (family == AF_INET6 && !has_ipv6())
    skip_because("this machine has no IPv6");
  pier_address name;
  if (!has_balanced())
    skip_because("this system does not balance, and says so");
  pier_socket_t first = make_with_intent(family, SOCK_STREAM, PIER_BIND_BALANCED);
  pier_socket_t second = make_with_intent(family, SOCK_STREAM, PIER_BIND_BALANCED);
  assert_ok(pier_set_option(first, PIER_OPT_BIND, PIER_BIND_EXCLUSIVE));
  assert_ok(pier_address_loopback(family, 0, &name));
  assert_ok(pier_bind(first, &name.sa, name.len));
  assert_ok(pier_listen(first, 1));
  name = local_address(first);
  assert_result(PIER_EADDRINUSE, pier_bind(second, &name.sa, name.len));
  assert_ok(pier_close(first));
  assert_ok(pier_close(second));
}

/* ---- hijackers: what takes a port natively, against PIER_BIND_EXCLUSIVE ---- */

/* How a hijacker prepares its socket. */
static void prepare_nothing(pier_socket_t s)
{
  (void)s;
}

static void prepare_both(pier_socket_t s)
{
  share_natively(s);
  share_port_natively(s);
}

static void (*const preparations[])(pier_socket_t) = {prepare_nothing, share_natively,
                                                      share_port_natively, prepare_both};

/* Binds in each way to an address, and listens; returns how many got it. */
static int count_hijacks(int type, const pier_address *target)
{
  int hijacks = 0;
  for (size_t i = 0; i < COUNT(preparations); i++) {
    pier_socket_t s = open_socket(target->sa.sa_family, type);
    preparations[i](s);
    int result = pier_bind(s, &target->sa, target->len);
    if (result == 0 && type == SOCK_STREAM)
      result = pier_listen(s, 1);
    if (result == 0)
      hijacks++;
    else
      assert_result(PIER_EADDRINUSE, result);
    assert_ok(pier_close(s));
  }
  return hijacks;
}

/* An exclusive owner of a port, and its name. */
static pier_socket_t make_owner(int type, pier_address *name)
{
  pier_socket_t s = make_with_intent(name->sa.sa_family, type, PIER_BIND_EXCLUSIVE);
  assert_ok(pier_bind(s, &name->sa, name->len));
  if (type == SOCK_STREAM)
    assert_ok(pier_listen(s, 10));
  *name = local_address(s);
  return s;
}

static const int types[] = {SOCK_STREAM, SOCK_DGRAM};

/* Difference: 8-hijack-same-address */
static void test_no_hijacker_gets_the_address_of_an_exclusive_owner(void **state)
{
  int family = *(int *)*state;
  if (family == AF_INET6 && !has_ipv6())
    skip_because("this machine has no IPv6");
  for (size_t i = 0; i < COUNT(types); i++) {
    pier_address name;
    assert_ok(pier_address_loopback(family, 0, &name));
    pier_socket_t owner = make_owner(types[i], &name);
    assert_int_equal(count_hijacks(types[i], &name), 0);
    assert_ok(pier_close(owner));
    assert_ok(pier_address_any(family, 0, &name));
    owner = make_owner(types[i], &name);
    assert_int_equal(count_hijacks(types[i], &name), 0);
    assert_ok(pier_close(owner));
  }
}

/* Difference: 8-hijack-specific */
static void test_no_hijacker_gets_one_address_of_an_exclusive_wildcard(void **state)
{
  int family = *(int *)*state;
  if (family == AF_INET6 && !has_ipv6())
    skip_because("this machine has no IPv6");
  int hijacks = 0;
  for (size_t i = 0; i < COUNT(types); i++) {
    pier_address any, one;
    assert_ok(pier_address_any(family, 0, &any));
    pier_socket_t owner = make_owner(types[i], &any);
    assert_ok(pier_address_loopback(family, pier_address_port(&any), &one));
    hijacks += count_hijacks(types[i], &one);
    assert_ok(pier_close(owner));
  }
  if (hijacks > 0 && !on_linux() && !on_windows())
    skip_because("this system gives one address of a wildcard's port to whoever sets SO_REUSEADDR");
  assert_int_equal(hijacks, 0);
}

/* Difference: 8-hijack-wildcard */
static void test_a_wildcard_takes_nothing_from_the_exclusive_owner_of_an_address(void **state)
{
  int family = *(int *)*state;
  if (family == AF_INET6 && !has_ipv6())
    skip_because("this machine has no IPv6");
  pier_address name, any;
  char byte = 0;
  assert_ok(pier_address_loopback(family, 0, &name));
  pier_socket_t owner = make_owner(SOCK_DGRAM, &name);
  assert_ok(pier_address_any(family, pier_address_port(&name), &any));
  for (size_t i = 0; i < COUNT(preparations); i++) {
    pier_socket_t hijacker = open_socket(family, SOCK_DGRAM);
    preparations[i](hijacker);
    int result = pier_bind(hijacker, &any.sa, any.len);
    if (on_linux() || on_wine())
      assert_result(PIER_EADDRINUSE, result);
    pier_socket_t client = open_socket(family, SOCK_DGRAM);
    assert_result(1, pier_sendto(client, "x", 1, 0, &name.sa, name.len));
    await_readable(owner);
    assert_result(1, pier_recv(owner, &byte, 1, 0));
    assert_ok(pier_close(client));
    assert_ok(pier_close(hijacker));
  }
  assert_ok(pier_close(owner));
}

static const char *program;

/* What another process does: its result is the number of addresses that it could take. */
static int hijack_as_another_process(const char *target)
{
  pier_address name;
  int type = target[0] == 's' ? SOCK_STREAM : SOCK_DGRAM;
  if (pier_address_parse(target + 1, &name) < 0)
    return 99;
  return count_hijacks(type, &name);
}

/* Difference: 8-hijack-process */
static void test_no_other_process_gets_the_port_of_an_exclusive_owner(void **state)
{
  int family = *(int *)*state;
  if (family == AF_INET6 && !has_ipv6())
    skip_because("this machine has no IPv6");
  if (on_emulator())
    skip_because("the kernel cannot start a program of the emulated processor");
  for (size_t i = 0; i < COUNT(types); i++) {
    char target[PIER_ADDRESS_TEXT_MAX + 1] = {types[i] == SOCK_STREAM ? 's' : 'd'};
    pier_address name;
    assert_ok(pier_address_loopback(family, 0, &name));
    pier_socket_t owner = make_owner(types[i], &name);
    assert_ok(pier_address_format(&name.sa, name.len, target + 1, sizeof target - 1));
    assert_int_equal(run_again(program, target), 0);
    assert_ok(pier_close(owner));
    assert_ok(pier_address_set_port(&name, 0));
    assert_ok(pier_address_format(&name.sa, name.len, target + 1, sizeof target - 1));
    assert_int_equal(run_again(program, target), COUNT(preparations)); /* where nobody is */
  }
}

/* Difference: 8-restart-live-connections */
static void test_exclusive_lets_a_server_restart_past_a_live_connection(void **state)
{
  (void)state;
  pier_address name;
  pier_socket_t server, client = open_socket(AF_INET, SOCK_STREAM);
  assert_ok(pier_address_loopback(AF_INET, 0, &name));
  pier_socket_t listener = make_exclusive_listener(&name);
  assert_ok(pier_connect(client, &name.sa, name.len));
  assert_ok(pier_accept(listener, NULL, NULL, 0, &server));
  assert_ok(pier_close(listener));
  pier_socket_t again = make_with_intent(AF_INET, SOCK_STREAM, PIER_BIND_EXCLUSIVE);
  int result = pier_bind(again, &name.sa, name.len);
  if (on_windows()) /* where it may have to wait for the connection's end, says its documentation */
    assert_either(0, PIER_EADDRINUSE, result);
  else
    assert_ok(result);
  if (result == 0)
    assert_ok(pier_listen(again, 1));
  assert_ok(pier_close(again));
  assert_ok(pier_close(server));
  assert_ok(pier_close(client));
}

/* Difference: 8-restart-datagram */
static void test_exclusive_lets_a_datagram_server_restart_at_once(void **state)
{
  int family = *(int *)*state;
  char byte;
  if (family == AF_INET6 && !has_ipv6())
    skip_because("this machine has no IPv6");
  pier_address name;
  assert_ok(pier_address_loopback(family, 0, &name));
  pier_socket_t client = open_socket(family, SOCK_DGRAM);
  for (int i = 0; i < 3; i++) {
    pier_socket_t owner = make_owner(SOCK_DGRAM, &name);
    assert_result(1, pier_sendto(client, "x", 1, 0, &name.sa, name.len));
    await_readable(owner);
    assert_result(1, pier_recv(owner, &byte, 1, 0));
    assert_ok(pier_close(owner));
  }
  assert_ok(pier_close(client));
}

/* ---- the intent itself ---- */

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

/* Difference: 8-shared-stream */
static void test_sharing_is_not_supported_on_streams(void **state)
{
  (void)state;
  pier_socket_t s = open_socket(AF_INET, SOCK_STREAM);
  assert_result(PIER_ENOTSUP, pier_set_option(s, PIER_OPT_BIND, PIER_BIND_SHARED));
  assert_ok(pier_close(s));
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_v6only_off_takes_ipv4_clients_as_mapped_addresses),
    cmocka_unit_test(test_v6only_on_refuses_ipv4_clients),
    cmocka_unit_test(test_v6only_leaves_the_port_of_ipv4_free),
    cmocka_unit_test(test_v6only_cannot_change_once_bound),
    cmocka_unit_test(test_v6only_off_holds_the_port_of_ipv4_too),
    cmocka_unit_test(test_v6only_off_takes_ipv4_datagrams_and_answers_them),
    for_family(test_exclusive_lets_a_server_restart_at_once, in),
    for_family(test_exclusive_lets_a_server_restart_at_once, in6),
    for_family(test_exclusive_refuses_a_second_listener, in),
    for_family(test_exclusive_refuses_a_second_listener, in6),
    for_family(test_exclusive_refuses_a_second_datagram_socket, in),
    for_family(test_exclusive_refuses_a_second_datagram_socket, in6),
    for_family(test_shared_lets_several_datagram_sockets_have_one_port, in),
    for_family(test_shared_lets_several_datagram_sockets_have_one_port, in6),
    for_family(test_the_last_intent_before_the_bind_counts, in),
    for_family(test_the_last_intent_before_the_bind_counts, in6),
    cmocka_unit_test(test_balanced_spreads_connections_among_listeners),
    for_family(test_exclusive_takes_balanced_back, in),
    for_family(test_exclusive_takes_balanced_back, in6),
    for_family(test_no_hijacker_gets_the_address_of_an_exclusive_owner, in),
    for_family(test_no_hijacker_gets_the_address_of_an_exclusive_owner, in6),
    for_family(test_no_hijacker_gets_one_address_of_an_exclusive_wildcard, in),
    for_family(test_no_hijacker_gets_one_address_of_an_exclusive_wildcard, in6),
    for_family(test_a_wildcard_takes_nothing_from_the_exclusive_owner_of_an_address, in),
    for_family(test_a_wildcard_takes_nothing_from_the_exclusive_owner_of_an_address, in6),
    for_family(test_no_other_process_gets_the_port_of_an_exclusive_owner, in),
    for_family(test_no_other_process_gets_the_port_of_an_exclusive_owner, in6),
    cmocka_unit_test(test_exclusive_lets_a_server_restart_past_a_live_connection),
    for_family(test_exclusive_lets_a_datagram_server_restart_at_once, in),
    for_family(test_exclusive_lets_a_datagram_server_restart_at_once, in6),
    cmocka_unit_test(test_the_bind_intent_is_not_read_back),
    cmocka_unit_test(test_the_bind_intent_is_one_of_three),
    cmocka_unit_test(test_sharing_is_not_supported_on_streams),
  };
  if (argc == 2)
    return hijack_as_another_process(argv[1]);
  program = argv[0];
  return cmocka_run_group_tests(tests, NULL, NULL);
}
