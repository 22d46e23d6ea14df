/* Name lookup: without a name server, but for the one name that no server has. */
#include "support.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A pointer that is no list, to see that a failing lookup takes it away. */
static struct addrinfo not_a_list;

static struct addrinfo make_hints(int flags, int family, int type)
{
  struct addrinfo hints;
  memset(&hints, 0, sizeof hints);
  hints.ai_flags = flags;
  hints.ai_family = family;
  hints.ai_socktype = type;
  return hints;
}

static int look_up(const char *host, const char *service, int flags, int family, int type,
                   struct addrinfo **out)
{
  struct addrinfo hints = make_hints(flags, family, type);
  *out = &not_a_list;
  int result = pier_getaddrinfo(host, service, &hints, out);
  if (result < 0)
    assert_null(*out);
  else
    assert_non_null(*out);
  return result;
}

static int look_up_error(const char *host, const char *service, int flags, int family, int type)
{
  struct addrinfo *list;
  int result = look_up(host, service, flags, family, type, &list);
  if (result == 0)
    pier_freeaddrinfo(list);
  return result;
}

static void address_of(const struct addrinfo *entry, pier_address *a)
{
  assert_true(entry->ai_addrlen <= sizeof a->storage);
  memset(a, 0, sizeof *a);
  memcpy(&a->storage, entry->ai_addr, entry->ai_addrlen);
  a->len = (socklen_t)entry->ai_addrlen;
  assert_int_equal(entry->ai_family, a->sa.sa_family);
}

static bool list_has(const struct addrinfo *list, const char *text)
{
  pier_address expected, a;
  assert_ok(pier_address_parse(text, &expected));
  for (; list; list = list->ai_next) {
    address_of(list, &a);
    if (pier_address_equal(&a, &expected))
      return true;
  }
  return false;
}

/* Looks up what has one address only, and compares it. */
static void check_one(const char *host, const char *service, int flags, int family,
                      const char *expected)
{
  struct addrinfo *list;
  assert_result(0, look_up(host, service, flags, family, SOCK_STREAM, &list));
  assert_true(list_has(list, expected));
  assert_null(list->ai_next);
  assert_int_equal(list->ai_socktype, SOCK_STREAM);
  pier_freeaddrinfo(list);
}

/* Where the machine has no name server that answers, the same failure is another one. */
static void assert_no_such_host(int result)
{
  if (result != PIER_EAI_FAIL)
    assert_either(PIER_EAI_NONAME, PIER_EAI_AGAIN, result);
}

/* The first test: nothing has started the system's sockets yet. */
/* Difference: 1-lookup-first */
static void test_getaddrinfo_needs_no_startup(void **state)
{
  (void)state;
  check_one("127.0.0.1", "80", 0, AF_UNSPEC, "127.0.0.1:80");
}

static void test_numeric_hosts_and_ports_are_taken_as_they_are(void **state)
{
  (void)state;
  check_one("192.0.2.7", "8080", 0, AF_UNSPEC, "192.0.2.7:8080");
  check_one("192.0.2.7", "8080", AI_NUMERICHOST, AF_INET, "192.0.2.7:8080");
  check_one("2001:db8::7", "8080", 0, AF_UNSPEC, "[2001:db8::7]:8080");
  check_one("2001:db8::7", "8080", AI_NUMERICHOST, AF_INET6, "[2001:db8::7]:8080");
  check_one("::1", NULL, AI_NUMERICHOST, AF_UNSPEC, "[::1]:0");
  check_one("127.0.0.1", "", AI_NUMERICHOST, AF_UNSPEC, "127.0.0.1:0");
}

static void test_localhost_is_the_loopback_address(void **state)
{
  (void)state;
  struct addrinfo *list;
  assert_result(0, look_up("localhost", "80", 0, AF_INET, SOCK_STREAM, &list));
  assert_true(list_has(list, "127.0.0.1:80"));
  pier_freeaddrinfo(list);
}

/* Difference: T3-passive */
static void test_no_host_is_loopback_and_with_passive_the_wildcard(void **state)
{
  (void)state;
  check_one(NULL, "80", 0, AF_INET, "127.0.0.1:80");
  check_one(NULL, "80", 0, AF_INET6, "[::1]:80");
  check_one(NULL, "80", AI_PASSIVE, AF_INET, "0.0.0.0:80");
  check_one(NULL, "80", AI_PASSIVE, AF_INET6, "[::]:80");
  check_one(NULL, "0", AI_PASSIVE, AF_INET, "0.0.0.0:0");
}

static void test_passive_changes_nothing_for_a_host(void **state)
{
  (void)state;
  check_one("127.0.0.1", "80", AI_PASSIVE, AF_UNSPEC, "127.0.0.1:80");
}

/* Difference: 25-empty-service */
static void test_neither_host_nor_service_is_no_name(void **state)
{
  (void)state;
  static const char *const hosts[] = {NULL, ""};
  static const char *const services[] = {NULL, ""};
  for (size_t i = 0; i < COUNT(hosts); i++)
    for (size_t k = 0; k < COUNT(services); k++)
      assert_result(PIER_EAI_NONAME, look_up_error(hosts[i], services[k], 0, 0, SOCK_STREAM));
}

/* Difference: 25-empty-host */
static void test_an_empty_host_is_no_name(void **state)
{
  (void)state;
  assert_result(PIER_EAI_NONAME, look_up_error("", "80", 0, AF_UNSPEC, SOCK_STREAM));
  assert_result(PIER_EAI_NONAME, look_up_error("", "80", AI_PASSIVE, AF_INET, SOCK_STREAM));
}

static void test_ports_up_to_65535_are_taken(void **state)
{
  (void)state;
  static const struct {
    const char *text;
    int port;
  } cases[] = {{"0", 0}, {"1", 1}, {"65534", 65534}, {"65535", 65535}, {"00080", 80}};
  for (size_t i = 0; i < COUNT(cases); i++) {
    pier_address a;
    struct addrinfo *list;
    assert_result(0, look_up("127.0.0.1", cases[i].text, 0, AF_INET, SOCK_STREAM, &list));
    address_of(list, &a);
    assert_int_equal(pier_address_port(&a), cases[i].port);
    pier_freeaddrinfo(list);
  }
}

/* Difference: 25-port-range */
static void test_ports_above_65535_are_no_service(void **state)
{
  (void)state;
  /* clang-format off */
  static const char *const ports[] = {
    "65536", "65616", "70000", "99999", "100000", "0065536", "2147483728", "4294967376",
    "99999999999", "18446744073709551696", "99999999999999999999999999999999999999999999999999",
  };
  /* clang-format on */
  for (size_t i = 0; i < COUNT(ports); i++) {
    assert_result(PIER_EAI_SERVICE, look_up_error("127.0.0.1", ports[i], 0, 0, SOCK_STREAM));
    assert_result(PIER_EAI_SERVICE, look_up_error(NULL, ports[i], AI_PASSIVE, 0, SOCK_DGRAM));
  }
}

/* glibc's strtoul would take these for numbers, and cut them to 16 bits. */
/* Difference: 25-port-signs */
static void test_numbers_with_signs_and_spaces_are_no_service(void **state)
{
  (void)state;
  static const char *const ports[] = {"-1",     "-80",  "-65456", "+80",  "+70000", " 80",
                                      " 70000", "\t80", "80 ",    "0x50", "80x"};
  for (size_t i = 0; i < COUNT(ports); i++)
    assert_result(PIER_EAI_SERVICE, look_up_error("127.0.0.1", ports[i], 0, 0, SOCK_STREAM));
}

/* Difference: T2-service */
static void test_an_unknown_service_is_no_service(void **state)
{
  (void)state;
  assert_result(PIER_EAI_SERVICE,
                look_up_error("127.0.0.1", "no-such-service", 0, AF_INET, SOCK_STREAM));
  assert_result(PIER_EAI_SERVICE,
                look_up_error(NULL, "no-such-service", AI_PASSIVE, AF_INET, SOCK_DGRAM));
}

/* Difference: T3-numerichost */
static void test_a_name_is_no_numeric_host(void **state)
{
  (void)state;
  assert_result(PIER_EAI_NONAME, look_up_error("localhost", "80", AI_NUMERICHOST, 0, SOCK_STREAM));
}

/* Difference: T2-addrfamily */
static void test_a_numeric_host_of_the_other_family_is_no_name(void **state)
{
  (void)state;
  assert_result(PIER_EAI_NONAME, look_up_error("127.0.0.1", "80", 0, AF_INET6, SOCK_STREAM));
  assert_result(PIER_EAI_NONAME, look_up_error("::1", "80", 0, AF_INET, SOCK_STREAM));
}

/* Difference: T2-noname */
static void test_a_host_under_invalid_is_no_name(void **state)
{
  (void)state;
  assert_no_such_host(look_up_error("no-such-host.invalid", "80", 0, AF_UNSPEC, SOCK_STREAM));
}

/* Difference: T2-family */
static void test_an_unknown_family_is_refused(void **state)
{
  (void)state;
  assert_result(PIER_EAI_FAMILY, look_up_error("127.0.0.1", "80", 0, 9999, SOCK_STREAM));
  assert_result(PIER_EAI_FAMILY, look_up_error("127.0.0.1", "80", 0, -1, SOCK_STREAM));
  assert_result(PIER_EAI_FAMILY, look_up_error("/run/x", NULL, AI_PASSIVE, AF_UNIX, SOCK_STREAM));
}

/* Difference: T2-socktype */
static void test_an_unknown_socket_type_is_refused(void **state)
{
  (void)state;
  assert_result(PIER_EAI_SOCKTYPE, look_up_error("127.0.0.1", "80", 0, AF_INET, 9999));
}

/* Difference: T3-unknown-flags */
static void test_unknown_flags_are_refused(void **state)
{
  (void)state;
  assert_result(PIER_EAI_BADFLAGS,
                look_up_error("127.0.0.1", "80", 0x40000000, AF_INET, SOCK_STREAM));
  assert_result(PIER_EAI_BADFLAGS, look_up_error("localhost", "80", -1, AF_INET, SOCK_STREAM));
}

static size_t count_of(const struct addrinfo *list)
{
  size_t count = 0;
  for (; list; list = list->ai_next)
    count++;
  return count;
}

/* Difference: 25-socktype-zero */
static void test_a_socket_type_of_zero_gives_each_address_once_and_as_a_stream(void **state)
{
  (void)state;
  static const char *const hosts[] = {"127.0.0.1", "::1"};
  for (size_t i = 0; i < COUNT(hosts); i++) {
    struct addrinfo *list;
    assert_result(0, look_up(hosts[i], "80", 0, AF_UNSPEC, 0, &list));
    assert_int_equal(count_of(list), 1);
    assert_int_equal(list->ai_socktype, SOCK_STREAM);
    pier_freeaddrinfo(list);
  }
}

static void test_the_protocol_udp_alone_asks_for_datagram_sockets(void **state)
{
  (void)state;
  struct addrinfo hints = make_hints(0, AF_INET, 0);
  struct addrinfo *list;
  hints.ai_protocol = IPPROTO_UDP;
  assert_ok(pier_getaddrinfo("127.0.0.1", "80", &hints, &list));
  assert_int_equal(count_of(list), 1);
  assert_int_equal(list->ai_socktype, SOCK_DGRAM);
  pier_freeaddrinfo(list);
}

/* Difference: 25-no-hints */
static void test_no_hints_are_the_same_as_hints_of_zeros(void **state)
{
  (void)state;
  struct addrinfo *list;
  struct addrinfo hints = make_hints(0, 0, 0);
  assert_result(0, pier_getaddrinfo("::1", "80", NULL, &list));
  assert_int_equal(count_of(list), 1);
  assert_int_equal(list->ai_socktype, SOCK_STREAM);
  assert_true(list_has(list, "[::1]:80"));
  pier_freeaddrinfo(list);
  assert_result(0, pier_getaddrinfo(NULL, "80", &hints, &list));
  size_t count = count_of(list);
  pier_freeaddrinfo(list);
  assert_result(0, pier_getaddrinfo(NULL, "80", NULL, &list));
  assert_int_equal(count_of(list), count);
  pier_freeaddrinfo(list);
}

/* Difference: 25-numeric-forms */
static void test_what_inet_aton_takes_beyond_an_address_is_no_name(void **state)
{
  (void)state;
  static const char *const hosts[] = {
    "127.1",      "127.0.1",    "0x7f.1",          "0x7f000001",   "2130706433", "0177.0.0.1",
    "127.0.0.01", "127.0.0.1.", "127.0.0.1 x",     "127.0.0.1 ",   "127.0.0.1:", "256.0.0.1",
    "1.2.3.4.5",  "1.2.3",      "0x7f.0x0.0.0x01", "example.0x7f", "example.1",  "0",
    "1",          "4294967296", " 127.0.0.1",      "127.0.0.1\n",  "0x",         "*",
  };
  for (size_t i = 0; i < COUNT(hosts); i++) {
    assert_result(PIER_EAI_NONAME, look_up_error(hosts[i], "80", 0, 0, SOCK_STREAM));
    assert_result(PIER_EAI_NONAME, look_up_error(hosts[i], "80", AI_NUMERICHOST, 0, SOCK_STREAM));
  }
}

/* Difference: 25-brackets */
static void test_brackets_and_broken_ipv6_are_no_name(void **state)
{
  (void)state;
  static const char *const hosts[] = {
    "[::1]", "[127.0.0.1]", "[::1]:80", "[localhost]", "[",    "::1]",    "::1::",
    ":",     "1:2",         "fe80::g",  "00001::1",    "::1%", "::1/128",
  };
  for (size_t i = 0; i < COUNT(hosts); i++) {
    assert_result(PIER_EAI_NONAME, look_up_error(hosts[i], "80", 0, 0, SOCK_STREAM));
    assert_result(PIER_EAI_NONAME, look_up_error(hosts[i], "80", AI_NUMERICHOST, 0, SOCK_STREAM));
  }
}

/* Difference: 25-scope-read */
static void test_a_zone_is_an_interfaces_name_or_index(void **state)
{
  (void)state;
  struct addrinfo *list;
  pier_interface *interfaces;
  char host[320];
  assert_ok(pier_interfaces(&interfaces));
  for (const pier_interface *i = interfaces; i; i = i->next) {
    pier_address a;
    snprintf(host, sizeof host, "fe80::1%%%s", i->name);
    assert_result(0, look_up(host, "80", 0, AF_UNSPEC, SOCK_STREAM, &list));
    address_of(list, &a);
    assert_int_equal(a.in6.sin6_scope_id, i->index);
    assert_null(list->ai_next);
    pier_freeaddrinfo(list);
    snprintf(host, sizeof host, "fe80::1%%%u", i->index);
    assert_result(0, look_up(host, "80", AI_NUMERICHOST, AF_INET6, SOCK_STREAM, &list));
    address_of(list, &a);
    assert_int_equal(a.in6.sin6_scope_id, i->index);
    pier_freeaddrinfo(list);
  }
  pier_free_interfaces(interfaces);
  assert_result(PIER_EAI_NONAME,
                look_up_error("fe80::1%no-such-interface", "80", 0, 0, SOCK_STREAM));
  assert_result(PIER_EAI_NONAME, look_up_error("fe80::1%0", "80", 0, 0, SOCK_STREAM));
}

/* Difference: 25-v4mapped */
static void test_an_ipv4_address_is_mapped_for_those_who_ask(void **state)
{
  (void)state;
  check_one("192.0.2.7", "80", AI_V4MAPPED, AF_INET6, "[::ffff:192.0.2.7]:80");
  check_one("192.0.2.7", "80", AI_V4MAPPED | AI_ALL | AI_NUMERICHOST, AF_INET6,
            "[::ffff:192.0.2.7]:80");
  check_one("192.0.2.7", "80", AI_V4MAPPED, AF_UNSPEC, "192.0.2.7:80");
  check_one("192.0.2.7", "80", AI_V4MAPPED, AF_INET, "192.0.2.7:80");
  check_one("2001:db8::7", "80", AI_V4MAPPED | AI_ALL, AF_INET6, "[2001:db8::7]:80");
}

/* Difference: 25-addrconfig */
static void test_addrconfig_leaves_numeric_hosts_and_no_host_alone(void **state)
{
  (void)state;
  check_one("192.0.2.7", "80", AI_ADDRCONFIG, AF_UNSPEC, "192.0.2.7:80");
  check_one("2001:db8::7", "80", AI_ADDRCONFIG, AF_UNSPEC, "[2001:db8::7]:80");
  check_one("::1", "80", AI_ADDRCONFIG, AF_INET6, "[::1]:80");
  check_one(NULL, "80", AI_ADDRCONFIG, AF_INET, "127.0.0.1:80");
  check_one(NULL, "80", AI_ADDRCONFIG, AF_INET6, "[::1]:80");
}

static int count_both(int flags, int *first_family)
{
  struct addrinfo *list;
  assert_result(0, look_up(NULL, "80", flags, AF_UNSPEC, SOCK_STREAM, &list));
  *first_family = list->ai_family;
  int count = (int)count_of(list);
  assert_true(list_has(list, flags & AI_PASSIVE ? "0.0.0.0:80" : "127.0.0.1:80"));
  assert_true(list_has(list, flags & AI_PASSIVE ? "[::]:80" : "[::1]:80"));
  pier_freeaddrinfo(list);
  return count;
}

/* Difference: 25-order-without-host */
static void test_without_a_host_both_families_come_in_one_order(void **state)
{
  (void)state;
  int family;
  assert_int_equal(count_both(0, &family), 2);
  assert_int_equal(family, AF_INET6);
  assert_int_equal(count_both(AI_PASSIVE, &family), 2);
  assert_int_equal(family, AF_INET);
}

/* Difference: 25-repeated-entries */
static void test_no_entry_comes_twice(void **state)
{
  (void)state;
  static const int families[] = {AF_UNSPEC, AF_INET};
  for (size_t i = 0; i < COUNT(families); i++) {
    struct addrinfo *list;
    assert_result(0, look_up("localhost", "80", 0, families[i], SOCK_STREAM, &list));
    for (struct addrinfo *entry = list; entry; entry = entry->ai_next) {
      pier_address a, b;
      address_of(entry, &a);
      for (struct addrinfo *later = entry->ai_next; later; later = later->ai_next) {
        address_of(later, &b);
        assert_false(pier_address_equal(&a, &b));
      }
    }
    pier_freeaddrinfo(list);
  }
}

/* Difference: 25-protocol */
static void test_each_entry_has_the_type_and_protocol_of_its_socket(void **state)
{
  (void)state;
  static const struct {
    int type, protocol, expected_type, expected_protocol;
  } cases[] = {
    {0, 0, SOCK_STREAM, IPPROTO_TCP},          {SOCK_STREAM, 0, SOCK_STREAM, IPPROTO_TCP},
    {SOCK_DGRAM, 0, SOCK_DGRAM, IPPROTO_UDP},  {0, IPPROTO_TCP, SOCK_STREAM, IPPROTO_TCP},
    {0, IPPROTO_UDP, SOCK_DGRAM, IPPROTO_UDP},
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    struct addrinfo hints = make_hints(0, AF_INET, cases[i].type), *list;
    hints.ai_protocol = cases[i].protocol;
    assert_result(0, pier_getaddrinfo("127.0.0.1", "80", &hints, &list));
    assert_int_equal(list->ai_socktype, cases[i].expected_type);
    assert_int_equal(list->ai_protocol, cases[i].expected_protocol);
    pier_freeaddrinfo(list);
  }
}

/* Difference: 25-type-and-protocol */
static void test_a_protocol_of_another_type_is_refused(void **state)
{
  (void)state;
  struct addrinfo hints = make_hints(0, AF_INET, SOCK_STREAM), *list;
  hints.ai_protocol = IPPROTO_UDP;
  assert_result(PIER_EAI_SOCKTYPE, pier_getaddrinfo("127.0.0.1", "80", &hints, &list));
  assert_null(list);
  hints.ai_socktype = SOCK_DGRAM;
  hints.ai_protocol = IPPROTO_TCP;
  assert_result(PIER_EAI_SOCKTYPE, pier_getaddrinfo("127.0.0.1", "80", &hints, &list));
  assert_null(list);
}

/* Difference: 25-raw-service */
static void test_a_raw_socket_has_no_service(void **state)
{
  (void)state;
  struct addrinfo *list;
  assert_result(PIER_EAI_SERVICE, look_up_error("127.0.0.1", "80", 0, AF_INET, SOCK_RAW));
  assert_result(0, look_up("127.0.0.1", NULL, 0, AF_INET, SOCK_RAW, &list));
  assert_int_equal(list->ai_socktype, SOCK_RAW);
  assert_int_equal(count_of(list), 1);
  pier_freeaddrinfo(list);
}

/* Difference: 25-other-hints */
static void test_fields_of_hints_that_are_not_zero_are_refused(void **state)
{
  (void)state;
  struct addrinfo hints = make_hints(0, AF_INET, SOCK_STREAM), other = hints, *list;
  struct sockaddr_in in = {0};
  char name[] = "name";
  hints.ai_next = &other;
  assert_result(PIER_EAI_BADFLAGS, pier_getaddrinfo("127.0.0.1", "80", &hints, &list));
  hints = other;
  hints.ai_addr = (struct sockaddr *)&in;
  assert_result(PIER_EAI_BADFLAGS, pier_getaddrinfo("127.0.0.1", "80", &hints, &list));
  hints = other;
  hints.ai_canonname = name;
  assert_result(PIER_EAI_BADFLAGS, pier_getaddrinfo("127.0.0.1", "80", &hints, &list));
  hints = other;
  hints.ai_addrlen = 16;
  assert_result(PIER_EAI_BADFLAGS, pier_getaddrinfo("127.0.0.1", "80", &hints, &list));
  assert_null(list);
}

/* Difference: 25-canonname-without-host */
static void test_no_host_has_no_canonical_name(void **state)
{
  (void)state;
  assert_result(PIER_EAI_BADFLAGS, look_up_error(NULL, "80", AI_CANONNAME, AF_INET, SOCK_STREAM));
}

/* Difference: 25-numericserv */
static void test_with_numericserv_a_services_name_is_no_name(void **state)
{
  (void)state;
  assert_result(PIER_EAI_NONAME,
                look_up_error("127.0.0.1", "http", AI_NUMERICSERV, AF_INET, SOCK_STREAM));
  assert_result(PIER_EAI_NONAME,
                look_up_error(NULL, "http", AI_NUMERICSERV | AI_PASSIVE, AF_INET, SOCK_STREAM));
  assert_result(PIER_EAI_SERVICE,
                look_up_error("127.0.0.1", "65536", AI_NUMERICSERV, AF_INET, SOCK_STREAM));
  check_one("127.0.0.1", "80", AI_NUMERICSERV, AF_INET, "127.0.0.1:80");
  check_one("127.0.0.1", "0", AI_NUMERICSERV, AF_INET, "127.0.0.1:0");
  check_one("127.0.0.1", NULL, AI_NUMERICSERV, AF_INET, "127.0.0.1:0");
}

/* Difference: 25-services */
static void test_a_services_name_gives_its_port_and_back(void **state)
{
  (void)state;
  struct addrinfo *list;
  pier_address a;
  char service[64];
  int result = look_up("127.0.0.1", "http", 0, AF_INET, SOCK_STREAM, &list);
  if (result == PIER_EAI_SERVICE)
    skip_because("this system has no services file");
  assert_result(0, result);
  address_of(list, &a);
  assert_int_equal(pier_address_port(&a), 80);
  pier_freeaddrinfo(list);
  assert_result(0, pier_getnameinfo(&a.sa, a.len, NULL, 0, service, sizeof service, 0));
  assert_string_equal(service, "http");
}

static void test_hints_are_not_changed(void **state)
{
  (void)state;
  struct addrinfo hints = make_hints(0, AF_INET, 0);
  struct addrinfo before = hints;
  struct addrinfo *list;
  assert_ok(pier_getaddrinfo("127.0.0.1", "80", &hints, &list));
  assert_memory_equal(&hints, &before, sizeof hints);
  pier_freeaddrinfo(list);
}

/* Difference: T3-canonname */
static void test_the_canonical_name_comes_with_the_first_entry(void **state)
{
  (void)state;
  struct addrinfo *list;
  assert_result(0, look_up("127.0.0.1", "80", AI_CANONNAME, AF_INET, SOCK_STREAM, &list));
  assert_non_null(list->ai_canonname);
  assert_true(strlen(list->ai_canonname) > 0);
  pier_freeaddrinfo(list);
  assert_result(0, look_up("localhost", "80", AI_CANONNAME, AF_INET, SOCK_STREAM, &list));
  assert_non_null(list->ai_canonname);
  assert_true(strlen(list->ai_canonname) > 0);
  pier_freeaddrinfo(list);
}

static void test_a_host_that_is_too_long_is_no_name(void **state)
{
  (void)state;
  static const size_t lengths[] = {256, 1023, 1024, 1025, 5000};
  static char host[6000];
  for (size_t i = 0; i < COUNT(lengths); i++) {
    memset(host, 'a', lengths[i]);
    host[lengths[i]] = '\0';
    assert_no_such_host(look_up_error(host, "80", 0, AF_INET, SOCK_STREAM));
  }
}

static void test_a_service_that_is_too_long_is_no_service(void **state)
{
  (void)state;
  static const size_t lengths[] = {63, 64, 65, 300, 5000};
  static char service[6000];
  for (size_t i = 0; i < COUNT(lengths); i++) {
    memset(service, 'a', lengths[i]);
    service[lengths[i]] = '\0';
    assert_result(PIER_EAI_SERVICE, look_up_error("127.0.0.1", service, 0, AF_INET, SOCK_STREAM));
  }
}

/* Difference: 25-encoding */
static void test_names_that_are_no_utf8_do_not_exist(void **state)
{
  (void)state;
  static const char *const names[] = {"\xff\xfe", "\xc3", "\xc3(", "\xed\xa0\x80", "\xf8\x88\x80"};
  for (size_t i = 0; i < COUNT(names); i++) {
    assert_no_such_host(look_up_error(names[i], "80", 0, AF_INET, SOCK_STREAM));
    assert_result(PIER_EAI_SERVICE, look_up_error("127.0.0.1", names[i], 0, AF_INET, SOCK_STREAM));
  }
}

static void test_getaddrinfo_needs_an_out_parameter(void **state)
{
  (void)state;
  assert_result(PIER_EINVAL, pier_getaddrinfo("127.0.0.1", "80", NULL, NULL));
}

static void test_freeing_no_list_does_nothing(void **state)
{
  (void)state;
  int before = count_open_handles();
  pier_freeaddrinfo(NULL);
  assert_int_equal(count_open_handles(), before);
}

static void test_a_lookup_gives_an_address_to_connect_to(void **state)
{
  (void)state;
  pier_address name;
  char port[16];
  struct addrinfo *list;
  pier_socket_t listener = make_listener(AF_INET, &name), s;
  snprintf(port, sizeof port, "%d", pier_address_port(&name));
  assert_result(0, look_up("127.0.0.1", port, 0, AF_UNSPEC, SOCK_STREAM, &list));
  assert_ok(pier_socket(list->ai_family, list->ai_socktype, list->ai_protocol, &s));
  assert_ok(pier_connect(s, list->ai_addr, (socklen_t)list->ai_addrlen));
  pier_freeaddrinfo(list);
  assert_ok(pier_close(s));
  assert_ok(pier_close(listener));
}

typedef struct asker {
  const char *host, *expected;
  int failures;
} asker;

static void ask_often(void *argument)
{
  asker *a = (asker *)argument;
  for (int i = 0; i < 50; i++) {
    struct addrinfo *list;
    pier_address found;
    char host[64];
    if (pier_getaddrinfo(a->host, "80", NULL, &list) < 0) {
      a->failures++;
      continue;
    }
    memcpy(&found.storage, list->ai_addr, list->ai_addrlen);
    found.len = (socklen_t)list->ai_addrlen;
    pier_freeaddrinfo(list);
    if (pier_getnameinfo(&found.sa, found.len, host, sizeof host, NULL, 0, NI_NUMERICHOST) < 0)
      a->failures++;
    else
      a->failures += strcmp(host, a->expected) != 0;
  }
}

/* Difference: 25-threads */
static void test_threads_may_look_up_at_once(void **state)
{
  (void)state;
  asker askers[] = {{"192.0.2.1", "192.0.2.1", 0},
                    {"192.0.2.2", "192.0.2.2", 0},
                    {"2001:DB8::1", "2001:db8::1", 0},
                    {"::ffff:192.0.2.3", "::ffff:192.0.2.3", 0}};
  test_thread *threads[COUNT(askers)];
  for (size_t i = 0; i < COUNT(askers); i++)
    threads[i] = thread_start(ask_often, &askers[i]);
  for (size_t i = 0; i < COUNT(askers); i++)
    thread_join(threads[i]);
  for (size_t i = 0; i < COUNT(askers); i++)
    assert_int_equal(askers[i].failures, 0);
}

/* ---- names of addresses ---- */

static int name_of(const pier_address *a, char *host, size_t hostsize, char *service,
                   size_t servicesize)
{
  return pier_getnameinfo(&a->sa, a->len, host, hostsize, service, servicesize,
                          NI_NUMERICHOST | NI_NUMERICSERV);
}

static void test_getnameinfo_writes_numeric_addresses_and_ports(void **state)
{
  (void)state;
  static const struct {
    const char *address, *host, *service;
  } cases[] = {
    {"127.0.0.1:80", "127.0.0.1", "80"},
    {"255.255.255.255:65535", "255.255.255.255", "65535"},
    {"[::1]:0", "::1", "0"},
    {"[2001:db8::7]:443", "2001:db8::7", "443"},
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    pier_address a;
    char host[NI_MAXHOST], service[NI_MAXSERV];
    assert_ok(pier_address_parse(cases[i].address, &a));
    assert_result(0, name_of(&a, host, sizeof host, service, sizeof service));
    assert_string_equal(host, cases[i].host);
    assert_string_equal(service, cases[i].service);
  }
}

static void test_getnameinfo_gives_either_part_alone(void **state)
{
  (void)state;
  pier_address a;
  char text[64];
  assert_ok(pier_address_parse("127.0.0.1:80", &a));
  assert_result(0, name_of(&a, text, sizeof text, NULL, 0));
  assert_string_equal(text, "127.0.0.1");
  assert_result(0, name_of(&a, NULL, 0, text, sizeof text));
  assert_string_equal(text, "80");
}

/* Difference: T2-overflow */
static void test_getnameinfo_needs_room_for_the_whole_name(void **state)
{
  (void)state;
  pier_address a;
  char text[64];
  assert_ok(pier_address_parse("127.0.0.1:65535", &a));
  assert_result(0, name_of(&a, text, sizeof "127.0.0.1", NULL, 0));
  assert_result(0, name_of(&a, NULL, 0, text, sizeof "65535"));
  for (size_t size = 1; size < sizeof "127.0.0.1"; size++)
    assert_result(PIER_EAI_OVERFLOW, name_of(&a, text, size, NULL, 0));
  for (size_t size = 1; size < sizeof "65535"; size++)
    assert_result(PIER_EAI_OVERFLOW, name_of(&a, NULL, 0, text, size));
}

static void test_getnameinfo_with_neither_part_wanted_is_no_name(void **state)
{
  (void)state;
  pier_address a;
  char text[64];
  assert_ok(pier_address_parse("127.0.0.1:80", &a));
  assert_result(PIER_EAI_NONAME, name_of(&a, NULL, 0, NULL, 0));
  assert_result(PIER_EAI_NONAME, name_of(&a, text, 0, text, 0));
}

/* Difference: 25-name-lengths */
static void test_getnameinfo_refuses_unknown_families_and_short_addresses(void **state)
{
  (void)state;
  pier_address a;
  char text[64];
  assert_ok(pier_address_parse("127.0.0.1:80", &a));
  a.len = sizeof a.in - 1;
  assert_result(PIER_EAI_FAMILY, name_of(&a, text, sizeof text, NULL, 0));
  a.len = 0;
  assert_result(PIER_EAI_FAMILY, name_of(&a, text, sizeof text, NULL, 0));
  assert_ok(pier_address_parse("[::1]:80", &a));
  a.len = sizeof a.in6 - 1;
  assert_result(PIER_EAI_FAMILY, name_of(&a, text, sizeof text, NULL, 0));
  a.len = sizeof a.in6;
  a.sa.sa_family = 77;
  assert_result(PIER_EAI_FAMILY, name_of(&a, text, sizeof text, NULL, 0));
  a.sa.sa_family = AF_UNSPEC;
  assert_result(PIER_EAI_FAMILY, name_of(&a, text, sizeof text, NULL, 0));
}

static void test_getnameinfo_needs_its_pointers(void **state)
{
  (void)state;
  pier_address a;
  char text[64];
  assert_ok(pier_address_parse("127.0.0.1:80", &a));
  assert_result(PIER_EINVAL, pier_getnameinfo(NULL, a.len, text, sizeof text, NULL, 0, 0));
  assert_result(PIER_EINVAL, name_of(&a, NULL, 64, NULL, 0));
  assert_result(PIER_EINVAL, name_of(&a, text, sizeof text, NULL, 64));
}

static void test_getnameinfo_takes_an_address_in_larger_storage(void **state)
{
  (void)state;
  pier_address a;
  char text[64];
  assert_ok(pier_address_parse("127.0.0.1:80", &a));
  a.len = sizeof a.storage;
  assert_result(0, name_of(&a, text, sizeof text, NULL, 0));
  assert_string_equal(text, "127.0.0.1");
}

static void test_getnameinfo_without_flags_finds_a_name_or_writes_the_address(void **state)
{
  (void)state;
  pier_address a;
  char host[NI_MAXHOST], service[NI_MAXSERV];
  assert_ok(pier_address_parse("127.0.0.1:80", &a));
  assert_result(0, pier_getnameinfo(&a.sa, a.len, host, sizeof host, service, sizeof service, 0));
  assert_true(strlen(host) > 0);
  assert_true(strlen(service) > 0);
}

/* Difference: 25-scope-written */
static void test_getnameinfo_writes_a_zone_as_it_is_read(void **state)
{
  (void)state;
  pier_interface *interfaces;
  assert_ok(pier_interfaces(&interfaces));
  for (const pier_interface *i = interfaces; i; i = i->next) {
    pier_address a, again;
    char given[320], host[320];
    snprintf(given, sizeof given, "fe80::1%%%s", i->name);
    assert_ok(pier_address_parse_host(given, 80, &a));
    assert_result(0, name_of(&a, host, sizeof host, NULL, 0));
    if (strlen(i->name) <= 64)
      assert_string_equal(host, given);
    assert_ok(pier_address_parse_host(host, 80, &again));
    assert_true(pier_address_equal(&a, &again));
  }
  pier_free_interfaces(interfaces);
}

/* Difference: 25-numeric-text */
static void test_getnameinfo_writes_ipv6_in_one_form(void **state)
{
  (void)state;
  static const struct {
    const char *given, *expected;
  } cases[] = {
    {"::ffff:192.0.2.7", "::ffff:192.0.2.7"},
    {"::192.0.2.7", "::c000:207"},
    {"2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
    {"1:0:2:3:4:5:6:7", "1:0:2:3:4:5:6:7"},
    {"::", "::"},
    {"::2", "::2"},
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    pier_address a;
    char host[64];
    assert_ok(pier_address_parse_host(cases[i].given, 0, &a));
    assert_result(0, name_of(&a, host, sizeof host, NULL, 0));
    assert_string_equal(host, cases[i].expected);
  }
}

/* Difference: 25-name-required */
static void test_getnameinfo_finds_no_name_where_it_may_not_look_for_one(void **state)
{
  (void)state;
  pier_address a;
  char text[64];
  assert_ok(pier_address_parse("127.0.0.1:80", &a));
  assert_result(PIER_EAI_NONAME, pier_getnameinfo(&a.sa, a.len, text, sizeof text, NULL, 0,
                                                  NI_NUMERICHOST | NI_NAMEREQD));
  assert_result(0, pier_getnameinfo(&a.sa, a.len, NULL, 0, text, sizeof text,
                                    NI_NUMERICSERV | NI_NAMEREQD));
  assert_string_equal(text, "80");
}

/* Difference: 25-name-flags */
static void test_getnameinfo_refuses_unknown_flags(void **state)
{
  (void)state;
  pier_address a;
  char text[64];
  assert_ok(pier_address_parse("127.0.0.1:80", &a));
  assert_result(PIER_EAI_BADFLAGS, pier_getnameinfo(&a.sa, a.len, text, sizeof text, NULL, 0,
                                                    NI_NUMERICHOST | 0x40000000));
}

/* Difference: 25-name-buffer */
static void test_getnameinfo_needs_room_for_a_name_that_was_looked_up(void **state)
{
  (void)state;
  pier_address a;
  char host[1025], service[64];
  assert_ok(pier_address_parse("127.0.0.1:80", &a));
  assert_result(0, pier_getnameinfo(&a.sa, a.len, host, sizeof host, service, sizeof service, 0));
  size_t host_length = strlen(host), service_length = strlen(service);
  assert_result(PIER_EAI_OVERFLOW, pier_getnameinfo(&a.sa, a.len, host, host_length, NULL, 0, 0));
  assert_result(PIER_EAI_OVERFLOW,
                pier_getnameinfo(&a.sa, a.len, NULL, 0, service, service_length, 0));
  assert_result(0, pier_getnameinfo(&a.sa, a.len, host, host_length + 1, service,
                                    service_length + 1, 0));
  assert_int_equal(strlen(host), host_length);
}

/* Difference: 25-name-of-unix */
static void test_getnameinfo_has_no_names_for_socket_files(void **state)
{
  (void)state;
  pier_address a;
  char text[1025];
  assert_ok(pier_address_unix("/run/x.sock", &a));
  assert_result(PIER_EAI_FAMILY, name_of(&a, text, sizeof text, NULL, 0));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_getaddrinfo_needs_no_startup),
    cmocka_unit_test(test_numeric_hosts_and_ports_are_taken_as_they_are),
    cmocka_unit_test(test_localhost_is_the_loopback_address),
    cmocka_unit_test(test_no_host_is_loopback_and_with_passive_the_wildcard),
    cmocka_unit_test(test_passive_changes_nothing_for_a_host),
    cmocka_unit_test(test_neither_host_nor_service_is_no_name),
    cmocka_unit_test(test_an_empty_host_is_no_name),
    cmocka_unit_test(test_ports_up_to_65535_are_taken),
    cmocka_unit_test(test_ports_above_65535_are_no_service),
    cmocka_unit_test(test_numbers_with_signs_and_spaces_are_no_service),
    cmocka_unit_test(test_an_unknown_service_is_no_service),
    cmocka_unit_test(test_a_name_is_no_numeric_host),
    cmocka_unit_test(test_a_numeric_host_of_the_other_family_is_no_name),
    cmocka_unit_test(test_a_host_under_invalid_is_no_name),
    cmocka_unit_test(test_an_unknown_family_is_refused),
    cmocka_unit_test(test_an_unknown_socket_type_is_refused),
    cmocka_unit_test(test_unknown_flags_are_refused),
    cmocka_unit_test(test_a_socket_type_of_zero_gives_each_address_once_and_as_a_stream),
    cmocka_unit_test(test_the_protocol_udp_alone_asks_for_datagram_sockets),
    cmocka_unit_test(test_no_hints_are_the_same_as_hints_of_zeros),
    cmocka_unit_test(test_what_inet_aton_takes_beyond_an_address_is_no_name),
    cmocka_unit_test(test_brackets_and_broken_ipv6_are_no_name),
    cmocka_unit_test(test_a_zone_is_an_interfaces_name_or_index),
    cmocka_unit_test(test_an_ipv4_address_is_mapped_for_those_who_ask),
    cmocka_unit_test(test_addrconfig_leaves_numeric_hosts_and_no_host_alone),
    cmocka_unit_test(test_without_a_host_both_families_come_in_one_order),
    cmocka_unit_test(test_no_entry_comes_twice),
    cmocka_unit_test(test_each_entry_has_the_type_and_protocol_of_its_socket),
    cmocka_unit_test(test_a_protocol_of_another_type_is_refused),
    cmocka_unit_test(test_a_raw_socket_has_no_service),
    cmocka_unit_test(test_fields_of_hints_that_are_not_zero_are_refused),
    cmocka_unit_test(test_no_host_has_no_canonical_name),
    cmocka_unit_test(test_with_numericserv_a_services_name_is_no_name),
    cmocka_unit_test(test_a_services_name_gives_its_port_and_back),
    cmocka_unit_test(test_hints_are_not_changed),
    cmocka_unit_test(test_the_canonical_name_comes_with_the_first_entry),
    cmocka_unit_test(test_a_host_that_is_too_long_is_no_name),
    cmocka_unit_test(test_a_service_that_is_too_long_is_no_service),
    cmocka_unit_test(test_names_that_are_no_utf8_do_not_exist),
    cmocka_unit_test(test_getaddrinfo_needs_an_out_parameter),
    cmocka_unit_test(test_freeing_no_list_does_nothing),
    cmocka_unit_test(test_a_lookup_gives_an_address_to_connect_to),
    cmocka_unit_test(test_threads_may_look_up_at_once),
    cmocka_unit_test(test_getnameinfo_writes_numeric_addresses_and_ports),
    cmocka_unit_test(test_getnameinfo_gives_either_part_alone),
    cmocka_unit_test(test_getnameinfo_needs_room_for_the_whole_name),
    cmocka_unit_test(test_getnameinfo_with_neither_part_wanted_is_no_name),
    cmocka_unit_test(test_getnameinfo_refuses_unknown_families_and_short_addresses),
    cmocka_unit_test(test_getnameinfo_needs_its_pointers),
    cmocka_unit_test(test_getnameinfo_takes_an_address_in_larger_storage),
    cmocka_unit_test(test_getnameinfo_without_flags_finds_a_name_or_writes_the_address),
    cmocka_unit_test(test_getnameinfo_writes_a_zone_as_it_is_read),
    cmocka_unit_test(test_getnameinfo_writes_ipv6_in_one_form),
    cmocka_unit_test(test_getnameinfo_finds_no_name_where_it_may_not_look_for_one),
    cmocka_unit_test(test_getnameinfo_refuses_unknown_flags),
    cmocka_unit_test(test_getnameinfo_needs_room_for_a_name_that_was_looked_up),
    cmocka_unit_test(test_getnameinfo_has_no_names_for_socket_files),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
