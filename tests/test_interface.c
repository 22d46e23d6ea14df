/* The addresses of this machine's interfaces. */
#include "support.h"

static pier_interface *list_all(void)
{
  pier_interface *list;
  assert_result(0, pier_interfaces(&list));
  return list;
}

static const pier_interface *find(const pier_interface *list, const pier_address *a)
{
  while (list && !pier_address_equal(&list->address, a))
    list = list->next;
  return list;
}

static pier_address parse(const char *text)
{
  pier_address a;
  assert_ok(pier_address_parse_host(text, 0, &a));
  return a;
}

static unsigned zone_of(const char *name)
{
  char text[PIER_ADDRESS_TEXT_MAX + 256];
  pier_address a;
  snprintf(text, sizeof text, "fe80::1%%%s", name);
  assert_result(0, pier_address_parse_host(text, 0, &a));
  return a.in6.sin6_scope_id;
}

/* The length of a netmask's prefix; fails where ones follow a zero. */
static int prefix_of(const pier_address *mask)
{
  const uint8_t *bytes = mask->sa.sa_family == AF_INET ? (const uint8_t *)&mask->in.sin_addr
                                                       : mask->in6.sin6_addr.s6_addr;
  int size = mask->sa.sa_family == AF_INET ? 4 : 16;
  int length = 0;
  while (length < 8 * size && (bytes[length / 8] & 0x80 >> length % 8))
    length++;
  for (int i = length; i < 8 * size; i++)
    assert_false(bytes[i / 8] & 0x80 >> i % 8);
  return length;
}

static bool is_link_local(const pier_address *a)
{
  return a->sa.sa_family == AF_INET6 && a->in6.sin6_addr.s6_addr[0] == 0xfe &&
         (a->in6.sin6_addr.s6_addr[1] & 0xc0) == 0x80;
}

/* Difference: 25-interfaces */
static void test_the_loopback_interface_is_listed_with_its_address_and_netmask(void **state)
{
  (void)state;
  pier_address loopback = parse("127.0.0.1"), mask = parse("255.0.0.0");
  pier_interface *list = list_all();
  const pier_interface *found = find(list, &loopback);
  assert_non_null(found);
  assert_true(found->flags & PIER_IF_UP);
  assert_true(found->flags & PIER_IF_LOOPBACK);
  assert_false(found->flags & PIER_IF_BROADCAST);
  assert_false(found->flags & PIER_IF_POINT_TO_POINT);
  assert_int_equal(found->address.len, sizeof(struct sockaddr_in));
  assert_true(pier_address_equal(&found->netmask, &mask));
  assert_int_equal(found->broadcast.len, 0);
  pier_free_interfaces(list);
}

static void test_the_ipv6_loopback_address_is_listed_with_all_its_bits(void **state)
{
  (void)state;
  if (!has_ipv6())
    skip_because("this machine has no ::1");
  pier_address loopback = parse("::1");
  pier_interface *list = list_all();
  const pier_interface *found = find(list, &loopback);
  assert_non_null(found);
  assert_true(found->flags & PIER_IF_LOOPBACK);
  assert_int_equal(found->address.len, sizeof(struct sockaddr_in6));
  assert_int_equal(prefix_of(&found->netmask), 128);
  assert_int_equal(found->broadcast.len, 0);
  pier_free_interfaces(list);
}

static void test_the_index_is_the_systems_own(void **state)
{
  (void)state;
  unsigned expected = loopback_interface();
  if (expected == 0)
    skip_because("the system does not tell the index of its loopback interface");
  pier_address loopback = parse("127.0.0.1");
  pier_interface *list = list_all();
  assert_int_equal(find(list, &loopback)->index, expected);
  pier_free_interfaces(list);
}

/* Difference: 25-interface-names */
static void test_name_and_index_are_those_of_an_addresss_zone(void **state)
{
  (void)state;
  pier_interface *list = list_all();
  for (const pier_interface *i = list; i; i = i->next) {
    assert_int_not_equal(i->index, 0);
    assert_true(strlen(i->name) > 0);
    assert_int_equal(zone_of(i->name), i->index);
  }
  pier_free_interfaces(list);
}

/* Difference: 25-embedded-zone */
static void test_link_local_addresses_and_no_others_have_a_zone(void **state)
{
  (void)state;
  pier_interface *list = list_all();
  for (const pier_interface *i = list; i; i = i->next) {
    if (i->address.sa.sa_family != AF_INET6)
      continue;
    const uint8_t *bytes = i->address.in6.sin6_addr.s6_addr;
    assert_int_equal(i->address.in6.sin6_scope_id, is_link_local(&i->address) ? i->index : 0);
    assert_int_equal(i->address.in6.sin6_flowinfo, 0);
    if (is_link_local(&i->address))
      assert_true(bytes[2] == 0 && bytes[3] == 0);
  }
  pier_free_interfaces(list);
}

/* Difference: 25-interface-entries */
static void test_each_entry_is_a_whole_address_with_a_netmask_of_its_family(void **state)
{
  (void)state;
  pier_interface *list = list_all();
  for (const pier_interface *i = list; i; i = i->next) {
    char text[PIER_ADDRESS_TEXT_MAX];
    assert_either(AF_INET, AF_INET6, i->address.sa.sa_family);
    assert_ok(pier_address_format(&i->address.sa, i->address.len, text, sizeof text));
    assert_int_equal(pier_address_port(&i->address), 0);
    if (i->netmask.len != 0) {
      assert_int_equal(i->netmask.sa.sa_family, i->address.sa.sa_family);
      assert_int_equal(i->netmask.len, i->address.len);
      assert_in_range(prefix_of(&i->netmask), 0, i->address.sa.sa_family == AF_INET ? 32 : 128);
    }
    if (i->broadcast.len != 0) {
      assert_true(i->flags & PIER_IF_BROADCAST);
      assert_int_equal(i->broadcast.sa.sa_family, AF_INET);
    }
  }
  pier_free_interfaces(list);
}

static void test_flags_contradict_neither_each_other_nor_the_interfaces_other_entries(void **state)
{
  (void)state;
  pier_interface *list = list_all();
  for (const pier_interface *i = list; i; i = i->next) {
    assert_int_equal(i->flags & ~(unsigned)(PIER_IF_UP | PIER_IF_LOOPBACK | PIER_IF_MULTICAST |
                                            PIER_IF_BROADCAST | PIER_IF_POINT_TO_POINT),
                     0);
    if (i->flags & PIER_IF_BROADCAST)
      assert_false(i->flags & (PIER_IF_LOOPBACK | PIER_IF_POINT_TO_POINT));
    for (const pier_interface *k = list; k != i; k = k->next)
      if (k->index == i->index)
        assert_string_equal(k->name, i->name);
  }
  pier_free_interfaces(list);
}

static void test_each_address_of_an_interface_that_is_up_can_be_bound_to(void **state)
{
  (void)state;
  pier_interface *list = list_all();
  for (const pier_interface *i = list; i; i = i->next) {
    pier_socket_t s;
    if (!(i->flags & PIER_IF_UP))
      continue;
    assert_ok(pier_socket(i->address.sa.sa_family, SOCK_DGRAM, 0, &s));
    assert_result(0, pier_bind(s, &i->address.sa, i->address.len));
    assert_ok(pier_close(s));
  }
  pier_free_interfaces(list);
}

static void test_each_address_of_an_interface_comes_once(void **state)
{
  (void)state;
  pier_interface *list = list_all();
  for (const pier_interface *i = list; i; i = i->next) {
    const pier_interface *again = find(i->next, &i->address);
    assert_true(again == NULL || again->index != i->index);
  }
  pier_free_interfaces(list);
}

static void test_lists_are_independent_of_each_other(void **state)
{
  (void)state;
  pier_interface *one = list_all(), *other = list_all();
  assert_ptr_not_equal(one, other);
  pier_free_interfaces(one);
  pier_address loopback = parse("127.0.0.1");
  assert_non_null(find(other, &loopback));
  pier_free_interfaces(other);
}

static void test_listing_leaves_nothing_open(void **state)
{
  (void)state;
  pier_free_interfaces(list_all()); /* what the system opens on first use */
  int before = count_open_handles();
  for (int i = 0; i < 20; i++)
    pier_free_interfaces(list_all());
  assert_int_equal(count_open_handles(), before);
}

static void test_a_listing_that_fails_says_so_and_gives_no_list(void **state)
{
  (void)state;
  pier_interface not_a_list, *list = &not_a_list;
  pier_free_interfaces(list_all()); /* what the system opens on first use */
  if (!limit_open_handles(0))
    skip_because("this system has no limit of open handles to reach");
  int result = pier_interfaces(&list);
  restore_open_handles();
  if (result == 0) {
    pier_free_interfaces(list);
    skip_because("this system lists its interfaces without opening anything");
  }
  assert_result(PIER_EMFILE, result);
  assert_null(list);
}

static void test_interfaces_needs_an_out_parameter_and_no_list_can_be_freed(void **state)
{
  (void)state;
  assert_result(PIER_EINVAL, pier_interfaces(NULL));
  pier_free_interfaces(NULL);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_the_loopback_interface_is_listed_with_its_address_and_netmask),
    cmocka_unit_test(test_the_ipv6_loopback_address_is_listed_with_all_its_bits),
    cmocka_unit_test(test_the_index_is_the_systems_own),
    cmocka_unit_test(test_name_and_index_are_those_of_an_addresss_zone),
    cmocka_unit_test(test_link_local_addresses_and_no_others_have_a_zone),
    cmocka_unit_test(test_each_entry_is_a_whole_address_with_a_netmask_of_its_family),
    cmocka_unit_test(test_flags_contradict_neither_each_other_nor_the_interfaces_other_entries),
    cmocka_unit_test(test_each_address_of_an_interface_that_is_up_can_be_bound_to),
    cmocka_unit_test(test_each_address_of_an_interface_comes_once),
    cmocka_unit_test(test_lists_are_independent_of_each_other),
    cmocka_unit_test(test_listing_leaves_nothing_open),
    cmocka_unit_test(test_a_listing_that_fails_says_so_and_gives_no_list),
    cmocka_unit_test(test_interfaces_needs_an_out_parameter_and_no_list_can_be_freed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
