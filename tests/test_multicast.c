/* Multicast groups: joined, left, and what arrives of them. */
#include "support.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Leaves the test where multicasts cannot be sent on the loopback interface. */
#define skip_without_multicast(loopback)                                                           \
  do {                                                                                             \
    if (on_emulator())                                                                             \
      skip_because("the emulator does not pass multicast calls on");                               \
    if ((loopback) == 0)                                                                           \
      skip_because("the loopback interface has no index here");                                    \
  } while (0)

static pier_socket_t make_with_intent(int type, int intent)
{
  pier_socket_t s = open_socket(AF_INET, type);
  assert_ok(pier_set_option(s, PIER_OPT_BIND, intent));
  return s;
}

/* A receiver of a group at the loopback interface, its port in group. */
static pier_socket_t make_receiver(pier_address *group)
{
  pier_address any;
  pier_socket_t s = make_with_intent(SOCK_DGRAM, PIER_BIND_SHARED);
  assert_ok(pier_set_option(s, PIER_OPT_MULTICAST_LOOP, 1));
  assert_ok(pier_address_any(AF_INET, pier_address_port(group), &any));
  assert_ok(pier_bind(s, &any.sa, any.len));
  any = local_address(s);
  assert_ok(pier_address_set_port(group, pier_address_port(&any)));
  return s;
}

static pier_socket_t make_sender(unsigned loopback)
{
  pier_address name;
  pier_socket_t s = make_udp(AF_INET, &name);
  assert_ok(pier_set_option(s, PIER_OPT_MULTICAST_INTERFACE, (int)loopback));
  assert_ok(pier_set_option(s, PIER_OPT_MULTICAST_LOOP, 1));
  assert_ok(pier_set_option(s, PIER_OPT_MULTICAST_TTL, 0)); /* to this machine alone */
  return s;
}

static void send_text(pier_socket_t s, const char *text, const pier_address *to)
{
  assert_result(strlen(text), pier_sendto(s, text, strlen(text), 0, &to->sa, to->len));
}

static void check_next(pier_socket_t s, const char *expected)
{
  char text[32] = {0};
  await_readable(s);
  assert_ok(pier_recv(s, text, sizeof text - 1, 0));
  assert_string_equal(text, expected);
}

/* Nothing of the group arrives, if what was sent to the socket itself after it comes next. */
static void check_not_received(pier_socket_t receiver, pier_socket_t sender,
                               const pier_address *group)
{
  pier_address direct;
  assert_ok(pier_address_loopback(AF_INET, pier_address_port(group), &direct));
  send_text(sender, "to the group", group);
  send_text(sender, "to the socket", &direct);
  check_next(receiver, "to the socket");
}

static void check_leave_unjoined(pier_socket_t s, const pier_address *group,
                                 unsigned interface_index)
{
  assert_result(PIER_EADDRNOTAVAIL, pier_multicast_leave(s, &group->sa, interface_index, NULL));
}

/* Difference: 23-join-by-index */
/* Difference: 23-ttl-zero */
static void test_multicast_is_received_between_join_and_leave(void **state)
{
  (void)state;
  pier_address group;
  unsigned loopback = loopback_interface();
  skip_without_multicast(loopback);
  assert_ok(pier_address_parse("239.255.77.1:0", &group));
  pier_socket_t receiver = make_receiver(&group), sender = make_sender(loopback);
  for (int i = 0; i < 2; i++) {
    assert_ok(pier_multicast_join(receiver, &group.sa, loopback, NULL));
    send_text(sender, "hello", &group);
    check_next(receiver, "hello");
    assert_ok(pier_multicast_leave(receiver, &group.sa, loopback, NULL));
    check_not_received(receiver, sender, &group);
  }
  assert_ok(pier_close(sender));
  assert_ok(pier_close(receiver));
}

/* Difference: 23-groups-of-others */
static void test_a_group_that_only_another_socket_joined_is_not_received(void **state)
{
  (void)state;
  pier_address group, other_group;
  unsigned loopback = loopback_interface();
  if (on_wine())
    skip_because("Wine leaves Linux's IP_MULTICAST_ALL on");
  skip_without_multicast(loopback);
  assert_ok(pier_address_parse("239.255.77.2:0", &group));
  assert_ok(pier_address_parse("239.255.77.3:0", &other_group));
  pier_socket_t member = make_receiver(&group), sender = make_sender(loopback);
  assert_ok(pier_address_set_port(&other_group, pier_address_port(&group)));
  pier_socket_t stranger = make_receiver(&other_group);
  assert_ok(pier_multicast_join(member, &group.sa, loopback, NULL));
  assert_ok(pier_multicast_join(stranger, &other_group.sa, loopback, NULL));
  send_text(sender, "not for the stranger", &group);
  send_text(sender, "for the stranger", &other_group);
  check_next(member, "not for the stranger");
  check_next(stranger, "for the stranger");
  assert_ok(pier_close(sender));
  assert_ok(pier_close(stranger));
  assert_ok(pier_close(member));
}

/* Difference: 23-source-join */
static void test_a_source_that_was_joined_is_received_and_another_is_not(void **state)
{
  (void)state;
  pier_address group, source, stranger;
  unsigned loopback = loopback_interface();
  if (on_wine())
    skip_because("Wine hands ip_mreq_source to Linux, which has its fields in another order");
  skip_without_multicast(loopback);
  assert_ok(pier_address_parse("232.255.77.1:0", &group));
  assert_ok(pier_address_parse("127.0.0.1:0", &source));
  assert_ok(pier_address_parse("127.0.0.77:0", &stranger));
  pier_socket_t receiver = make_receiver(&group), sender = make_sender(loopback);
  int result = pier_multicast_join(receiver, &group.sa, loopback, &source.sa);
  if (result != PIER_ENOTSUP) {
    assert_ok(result);
    send_text(sender, "hello", &group);
    check_next(receiver, "hello");
    assert_ok(pier_multicast_leave(receiver, &group.sa, loopback, &source.sa));
    assert_ok(pier_multicast_join(receiver, &group.sa, loopback, &stranger.sa));
    check_not_received(receiver, sender, &group);
    assert_ok(pier_multicast_leave(receiver, &group.sa, loopback, &stranger.sa));
  }
  assert_ok(pier_close(sender));
  assert_ok(pier_close(receiver));
  if (result == PIER_ENOTSUP)
    skip_because("this system cannot join one source only");
}

/* Difference: 23-join-twice */
/* Difference: 23-leave-unjoined */
static void test_a_group_is_joined_once_and_left_once(void **state)
{
  (void)state;
  pier_address group;
  unsigned loopback = loopback_interface();
  skip_without_multicast(loopback);
  assert_ok(pier_address_parse("239.255.77.4:0", &group));
  pier_socket_t s = make_receiver(&group);
  check_leave_unjoined(s, &group, loopback);
  assert_ok(pier_multicast_join(s, &group.sa, loopback, NULL));
  int again = pier_multicast_join(s, &group.sa, loopback, NULL);
  if (on_windows())
    assert_true(again < 0); /* EADDRINUSE, EADDRNOTAVAIL or EINVAL */
  else
    assert_result(PIER_EADDRINUSE, again);
  assert_ok(pier_multicast_leave(s, &group.sa, loopback, NULL));
  check_leave_unjoined(s, &group, loopback);
  assert_ok(pier_close(s));
}

typedef int (*multicast_function)(pier_socket_t, const struct sockaddr *, unsigned,
                                  const struct sockaddr *);
static const multicast_function multicast_functions[] = {pier_multicast_join, pier_multicast_leave};

static void test_what_is_no_group_cannot_be_joined(void **state)
{
  (void)state;
  static const char *const texts[] = {"127.0.0.1:0", "223.255.255.255:0", "240.0.0.1:0",
                                      "255.255.255.255:0", "0.0.0.0:0"};
  pier_socket_t s = open_socket(AF_INET, SOCK_DGRAM);
  for (size_t i = 0; i < COUNT(texts); i++) {
    pier_address a;
    assert_ok(pier_address_parse(texts[i], &a));
    for (size_t k = 0; k < COUNT(multicast_functions); k++)
      assert_result(PIER_EINVAL, multicast_functions[k](s, &a.sa, 0, NULL));
  }
  assert_ok(pier_close(s));
}

static void test_a_group_of_another_family_cannot_be_joined(void **state)
{
  (void)state;
  pier_address four, six, path;
  pier_socket_t s = open_socket(AF_INET, SOCK_DGRAM);
  assert_ok(pier_address_parse("239.255.77.5:0", &four));
  assert_ok(pier_address_parse("[ff02::77]:0", &six));
  assert_ok(pier_address_parse("unix:/x", &path));
  for (size_t k = 0; k < COUNT(multicast_functions); k++) {
    assert_result(PIER_EAFNOSUPPORT, multicast_functions[k](s, &six.sa, 0, NULL));
    assert_result(PIER_EAFNOSUPPORT, multicast_functions[k](s, &path.sa, 0, NULL));
    assert_result(PIER_EAFNOSUPPORT, multicast_functions[k](s, &four.sa, 0, &six.sa));
    assert_result(PIER_EINVAL, multicast_functions[k](s, NULL, 0, NULL));
    assert_bad_handle(multicast_functions[k](make_closed_socket(), &four.sa, 0, NULL));
  }
  assert_ok(pier_close(s));
}

/* Difference: 23-unknown-interface */
static void test_an_unknown_interface_cannot_be_joined_on(void **state)
{
  (void)state;
  pier_address group;
  skip_without_multicast(loopback_interface());
  pier_socket_t s = open_socket(AF_INET, SOCK_DGRAM);
  assert_ok(pier_address_parse("239.255.77.6:0", &group));
  assert_result(PIER_ENODEV, pier_multicast_join(s, &group.sa, 999999, NULL));
  assert_result(PIER_ENODEV, pier_set_option(s, PIER_OPT_MULTICAST_INTERFACE, 999999));
  assert_result(PIER_EINVAL, pier_set_option(s, PIER_OPT_MULTICAST_INTERFACE, -1));
  assert_ok(pier_close(s));
}

/* Difference: 23-join-ipv6 */
static void test_groups_of_ipv6_are_joined_and_left_by_index(void **state)
{
  (void)state;
  pier_address group, not_a_group, four;
  unsigned loopback = loopback_interface();
  skip_without_multicast(loopback);
  if (!has_ipv6())
    skip_because("this machine has no IPv6");
  pier_socket_t s = open_socket(AF_INET6, SOCK_DGRAM);
  assert_ok(pier_address_parse("[ff02::77:1]:0", &group));
  assert_ok(pier_address_parse("[fe80::1]:0", &not_a_group));
  assert_ok(pier_address_parse("239.255.77.7:0", &four));
  check_leave_unjoined(s, &group, loopback);
  assert_ok(pier_multicast_join(s, &group.sa, loopback, NULL));
  assert_ok(pier_multicast_leave(s, &group.sa, loopback, NULL));
  check_leave_unjoined(s, &group, loopback);
  assert_result(PIER_EINVAL, pier_multicast_join(s, &not_a_group.sa, loopback, NULL));
  assert_result(PIER_EAFNOSUPPORT, pier_multicast_join(s, &four.sa, loopback, NULL));
  assert_ok(pier_close(s));
}

/* Difference: 23-interface-by-index */
static void test_the_multicast_interface_is_an_index_in_both_families(void **state)
{
  (void)state;
  int value = 77, loopback = (int)loopback_interface();
  skip_without_multicast(loopback);
  pier_socket_t four = open_socket(AF_INET, SOCK_DGRAM);
  assert_ok(pier_set_option(four, PIER_OPT_MULTICAST_INTERFACE, loopback));
  int result = pier_get_option(four, PIER_OPT_MULTICAST_INTERFACE, &value);
  if (on_linux()) {
    assert_result(PIER_ENOTSUP, result); /* it gives an address back, not the index that was set */
    assert_int_equal(value, 77);
  } else if (result != PIER_ENOTSUP || on_windows()) {
    assert_ok(result);
    assert_int_equal(value, loopback);
  }
  assert_ok(pier_set_option(four, PIER_OPT_MULTICAST_INTERFACE, 0));
  if (result == 0)
    assert_int_equal(option_of(four, PIER_OPT_MULTICAST_INTERFACE), 0);
  assert_ok(pier_close(four));
  if (!has_ipv6())
    skip_because("this machine has no IPv6");
  pier_socket_t six = open_socket(AF_INET6, SOCK_DGRAM);
  assert_ok(pier_set_option(six, PIER_OPT_MULTICAST_INTERFACE, loopback));
  assert_int_equal(option_of(six, PIER_OPT_MULTICAST_INTERFACE), loopback);
  assert_ok(pier_set_option(six, PIER_OPT_MULTICAST_INTERFACE, 0));
  assert_int_equal(option_of(six, PIER_OPT_MULTICAST_INTERFACE), 0);
  assert_ok(pier_close(six));
}

/* Difference: 23-several-receivers */
static void test_several_receivers_of_one_port_all_get_a_multicast(void **state)
{
  (void)state;
  pier_address group;
  unsigned loopback = loopback_interface();
  skip_without_multicast(loopback);
  assert_ok(pier_address_parse("239.255.77.8:0", &group));
  pier_socket_t one = make_receiver(&group), other = make_receiver(&group);
  pier_socket_t sender = make_sender(loopback);
  assert_ok(pier_multicast_join(one, &group.sa, loopback, NULL));
  assert_ok(pier_multicast_join(other, &group.sa, loopback, NULL));
  send_text(sender, "to both", &group);
  check_next(one, "to both");
  check_next(other, "to both");
  assert_ok(pier_close(sender));
  assert_ok(pier_close(other));
  assert_ok(pier_close(one));
}

/* Difference: 23-bind-to-group */
static void test_a_group_address_is_bound_or_not_available(void **state)
{
  (void)state;
  pier_address group, other;
  unsigned loopback = loopback_interface();
  if (on_wine())
    skip_because("Wine takes a group's address for the wildcard");
  skip_without_multicast(loopback);
  assert_ok(pier_address_parse("239.255.77.9:0", &group));
  pier_socket_t s = make_with_intent(SOCK_DGRAM, PIER_BIND_SHARED);
  int result = pier_bind(s, &group.sa, group.len);
  if (on_windows()) {
    assert_result(PIER_EADDRNOTAVAIL, result);
    assert_ok(pier_close(s));
    return;
  }
  assert_ok(result);
  pier_socket_t sender = make_sender(loopback);
  group = local_address(s);
  assert_ok(pier_multicast_join(s, &group.sa, loopback, NULL));
  assert_ok(pier_address_parse("239.255.77.10:0", &other));
  assert_ok(pier_address_set_port(&other, pier_address_port(&group)));
  assert_ok(pier_multicast_join(s, &other.sa, loopback, NULL));
  send_text(sender, "to another group", &other);
  send_text(sender, "to the group", &group);
  check_next(s, "to the group");
  assert_ok(pier_close(sender));
  assert_ok(pier_close(s));
}

/* Difference: 23-source-join-ipv6 */
static void test_one_source_of_a_group_of_ipv6_is_joined_and_left(void **state)
{
  (void)state;
  pier_address group, source;
  unsigned loopback = loopback_interface();
  if (on_wine())
    skip_because("Wine lacks MCAST_JOIN_SOURCE_GROUP");
  skip_without_multicast(loopback);
  if (!has_ipv6())
    skip_because("this machine has no IPv6");
  pier_socket_t s = open_socket(AF_INET6, SOCK_DGRAM);
  assert_ok(pier_address_parse("[ff32::77:1]:0", &group));
  assert_ok(pier_address_parse("[::1]:0", &source));
  int result = pier_multicast_join(s, &group.sa, loopback, &source.sa);
  if (result != PIER_ENOTSUP || on_linux()) {
    assert_ok(result);
    assert_ok(pier_multicast_leave(s, &group.sa, loopback, &source.sa));
    assert_result(PIER_EADDRNOTAVAIL, pier_multicast_leave(s, &group.sa, loopback, &source.sa));
  }
  assert_ok(pier_close(s));
}

/* Difference: 23-broadcast */
static void test_a_broadcast_goes_out_only_where_it_was_allowed(void **state)
{
  (void)state;
  pier_address any, to;
  char byte = 0;
  if (on_windows() && !on_wine())
    skip_because("the loopback network is not known to have a broadcast address");
  pier_socket_t receiver = open_socket(AF_INET, SOCK_DGRAM);
  pier_socket_t sender = open_socket(AF_INET, SOCK_DGRAM);
  assert_ok(pier_address_any(AF_INET, 0, &any));
  assert_ok(pier_bind(receiver, &any.sa, any.len));
  any = local_address(receiver);
  assert_ok(pier_address_parse("127.255.255.255:0", &to)); /* the loopback network's own */
  assert_ok(pier_address_set_port(&to, pier_address_port(&any)));
  assert_result(PIER_EACCES, pier_sendto(sender, "b", 1, 0, &to.sa, to.len));
  assert_ok(pier_set_option(sender, PIER_OPT_BROADCAST, 1));
  assert_result(1, pier_sendto(sender, "b", 1, 0, &to.sa, to.len));
  await_readable(receiver);
  assert_result(1, pier_recv(receiver, &byte, 1, 0));
  assert_int_equal(byte, 'b');
  assert_ok(pier_close(sender));
  assert_ok(pier_close(receiver));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_multicast_is_received_between_join_and_leave),
    cmocka_unit_test(test_a_group_that_only_another_socket_joined_is_not_received),
    cmocka_unit_test(test_a_source_that_was_joined_is_received_and_another_is_not),
    cmocka_unit_test(test_a_group_is_joined_once_and_left_once),
    cmocka_unit_test(test_what_is_no_group_cannot_be_joined),
    cmocka_unit_test(test_a_group_of_another_family_cannot_be_joined),
    cmocka_unit_test(test_an_unknown_interface_cannot_be_joined_on),
    cmocka_unit_test(test_groups_of_ipv6_are_joined_and_left_by_index),
    cmocka_unit_test(test_the_multicast_interface_is_an_index_in_both_families),
    cmocka_unit_test(test_several_receivers_of_one_port_all_get_a_multicast),
    cmocka_unit_test(test_a_group_address_is_bound_or_not_available),
    cmocka_unit_test(test_one_source_of_a_group_of_ipv6_is_joined_and_left),
    cmocka_unit_test(test_a_broadcast_goes_out_only_where_it_was_allowed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
