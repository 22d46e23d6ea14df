/* Addresses as values and as text. */
#include "support.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* An address of which every byte is known, to see whether it was touched. */
static void set_mark(pier_address *a)
{
  memset(a, 0xa5, sizeof *a);
}

static bool has_mark(const pier_address *a)
{
  const unsigned char *bytes = (const unsigned char *)a;
  for (size_t i = 0; i < sizeof *a; i++)
    if (bytes[i] != 0xa5)
      return false;
  return true;
}

static const char *text_of(const pier_address *a)
{
  static char text[PIER_ADDRESS_TEXT_MAX];
  int length = pier_address_format(&a->sa, a->len, text, sizeof text);
  assert_ok(length);
  assert_int_equal(strlen(text), length);
  return text;
}

static void check_parse_error(int expected, const char *text)
{
  pier_address a;
  set_mark(&a);
  int result = pier_address_parse(text, &a);
  if (result != expected)
    fail_msg("\"%s\": %s, expected %s", text, result < 0 ? pier_error_name(result) : text_of(&a),
             pier_error_name(expected));
  if (!has_mark(&a))
    fail_msg("\"%s\" failed, and changed the address", text);
}

static void check_parse_host_error(int expected, const char *text, int port)
{
  pier_address a;
  set_mark(&a);
  int result = pier_address_parse_host(text, port, &a);
  if (result != expected)
    fail_msg("\"%s\": %s, expected %s", text, result < 0 ? pier_error_name(result) : text_of(&a),
             pier_error_name(expected));
  if (!has_mark(&a))
    fail_msg("\"%s\" failed, and changed the address", text);
}

/* ---- reading ---- */

/* What is read, and how it is written again: the same, where written is NULL. */
static const struct {
  const char *text, *written;
  int family, port;
} good[] = {
  {"0.0.0.0:0", NULL, AF_INET, 0},
  {"10.0.0.1:80", NULL, AF_INET, 80},
  {"127.0.0.1:65535", NULL, AF_INET, 65535},
  {"255.255.255.255:1", NULL, AF_INET, 1},
  {"1.20.100.9:9", NULL, AF_INET, 9},
  {"*:80", "[::]:80", AF_INET6, 80},
  {"*:0", "[::]:0", AF_INET6, 0},
  {"[::]:0", NULL, AF_INET6, 0},
  {"[::1]:443", NULL, AF_INET6, 443},
  {"[2001:db8::1]:80", NULL, AF_INET6, 80},
  {"[2001:DB8::A]:80", "[2001:db8::a]:80", AF_INET6, 80},
  {"[2001:0db8:0000:0000:0000:0000:0000:0001]:80", "[2001:db8::1]:80", AF_INET6, 80},
  {"[1:2:3:4:5:6:7:8]:9", NULL, AF_INET6, 9},
  {"[1::]:9", NULL, AF_INET6, 9},
  {"[::8]:9", NULL, AF_INET6, 9},
  {"[1:2:3:4:5:6:7::]:9", "[1:2:3:4:5:6:7:0]:9", AF_INET6, 9},
  {"[::2:3:4:5:6:7:8]:9", "[0:2:3:4:5:6:7:8]:9", AF_INET6, 9},
  {"[1:2:3::5:6:7:8]:9", "[1:2:3:0:5:6:7:8]:9", AF_INET6, 9},
  {"[::ffff:1.2.3.4]:5", NULL, AF_INET6, 5},
  {"[::FFFF:102:304]:5", "[::ffff:1.2.3.4]:5", AF_INET6, 5},
  {"[::1.2.3.4]:5", "[::102:304]:5", AF_INET6, 5},
  {"[64:ff9b::1.2.3.4]:5", "[64:ff9b::102:304]:5", AF_INET6, 5},
  {"[1:2:3:4:5:6:1.2.3.4]:5", "[1:2:3:4:5:6:102:304]:5", AF_INET6, 5},
  {"[1:2:3:4:5::1.2.3.4]:5", "[1:2:3:4:5:0:102:304]:5", AF_INET6, 5},
  {"[0:0:0:0:0:ffff:255.255.255.255]:5", "[::ffff:255.255.255.255]:5", AF_INET6, 5},
};

static void test_parse_reads_each_form_and_format_writes_it(void **state)
{
  (void)state;
  for (size_t i = 0; i < COUNT(good); i++) {
    pier_address a, again;
    assert_result(0, pier_address_parse(good[i].text, &a));
    assert_int_equal(a.sa.sa_family, good[i].family);
    assert_int_equal(pier_address_port(&a), good[i].port);
    assert_string_equal(text_of(&a), good[i].written ? good[i].written : good[i].text);
    assert_result(0, pier_address_parse(text_of(&a), &again));
    assert_true(pier_address_equal(&a, &again));
    assert_int_equal(a.len, again.len);
  }
}

static void test_parse_gives_the_length_and_the_bytes_of_the_address(void **state)
{
  (void)state;
  static const uint8_t bytes4[] = {192, 0, 2, 33};
  static const uint8_t bytes6[] = {0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x12, 0xfe, 3};
  pier_address a;
  assert_ok(pier_address_parse("192.0.2.33:258", &a));
  assert_int_equal(a.len, sizeof a.in);
  assert_memory_equal(&a.in.sin_addr, bytes4, sizeof bytes4);
  assert_int_equal(a.in.sin_port, htons(258));
  assert_ok(pier_address_parse("[2001:db8::12:fe03]:258", &a));
  assert_int_equal(a.len, sizeof a.in6);
  assert_memory_equal(&a.in6.sin6_addr, bytes6, sizeof bytes6);
  assert_int_equal(a.in6.sin6_port, htons(258));
  assert_int_equal(a.in6.sin6_scope_id, 0);
  assert_int_equal(a.in6.sin6_flowinfo, 0);
}

/* clang-format off */
static const char *const malformed[] = {
  "", " ", ":", ":80", "80", "localhost:80", "example.com:80",
  /* ports */
  "1.2.3.4", "1.2.3.4:", "1.2.3.4:65536", "1.2.3.4:99999", "1.2.3.4:99999999999999999999",
  "1.2.3.4:4294967376", "1.2.3.4:18446744073709551696", "1.2.3.4:-1", "1.2.3.4:+80",
  "1.2.3.4: 80", "1.2.3.4:80 ", "1.2.3.4:80x", "1.2.3.4:0x50", "1.2.3.4:080", "1.2.3.4:00",
  "1.2.3.4:http", "1.2.3.4:80:80", "1.2.3.4:8.0", "1.2.3.4:80\n", "[::1]", "[::1]:", "[::1]:65536",
  "[::1]:080", "[::1]: 80", "[::1]80", "[::1]:80x", "*", "*:", "*:65536", "*:x", "*80", "**:80",
  /* IPv4 */
  "1.2.3:80", "1.2:80", "1:80", "1.2.3.:80", "1.2.3.4.:80", "1.2.3.4.5:80", ".1.2.3.4:80",
  "1..2.3:80", "256.1.1.1:80", "1.1.1.256:80", "1.1.1.1111:80", "1.1.1.4294967297:80",
  "01.2.3.4:80", "1.2.3.04:80", "00.0.0.0:80", "1.2.3.000:80", "0x1.2.3.4:80", "0x7f000001:80",
  "2130706433:80", "1.2.3.a:80", " 1.2.3.4:80", "1 .2.3.4:80", "1.2.3.4 :80", "-1.2.3.4:80",
  "+1.2.3.4:80", "1.2.3.4%1:80", "[1.2.3.4]:80", "1,2.3.4:80", "1.2.3.4/8:80",
  /* IPv6 */
  "::1:80", "::1", "[]:80", "[:]:80", "[:::]:80", "[1]:80", "[1:]:80", "[:1]:80", "[1:2]:80",
  "[1:2:3:4:5:6:7]:80", "[1:2:3:4:5:6:7:]:80", "[:2:3:4:5:6:7:8]:80", "[1:2:3:4:5:6:7:8:]:80",
  "[1:2:3:4:5:6:7:8:9]:80", "[1:2:3:4:5:6:7:8::]:80", "[::1:2:3:4:5:6:7:8]:80",
  "[1:2:3:4::5:6:7:8]:80", "[1::2::3]:80", "[::1::]:80", "[1:::2]:80", "[::1:]:80", "[1::2:]:80",
  "[:1::2]:80", "[12345::]:80", "[::12345]:80", "[::00001]:80", "[::g]:80", "[::-1]:80",
  "[ ::1]:80", "[::1 ]:80", "[:: 1]:80", "[::1", "::1]:80", "[[::1]]:80", "[::1]]:80", "[::0x1]:80",
  "[::1/64]:80", "[::*]:80", "[*]:80",
  /* IPv4 within IPv6 */
  "[1.2.3.4::]:80", "[::1.2.3.4:5]:80", "[1:2:3:4:5:1.2.3.4]:80", "[1:2:3:4:5:6:7:1.2.3.4]:80",
  "[1:2:3:4:5:6::1.2.3.4]:80", "[1:1.2.3.4::]:80", "[::1.2.3]:80", "[::1.2.3.4.5]:80",
  "[::01.2.3.4]:80", "[::1.2.3.04]:80", "[::256.2.3.4]:80", "[::1.2.3.256]:80", "[::f.2.3.4]:80",
  "[::1.2.3.4::]:80", "[::1..2.3]:80", "[::1.2.3.4.]:80",
  /* zones */
  "[fe80::1%]:80", "[fe80::1%0]:80", "[%1]:80", "[%]:80", "[fe80::1%1", "[fe80::1%]80",
  /* unix */
  "unix:", "unix", "UNIX:/x", " unix:/x", "[unix:/x]:80",
};
/* clang-format on */

/* Difference: 25-strict-parser */
static void test_parse_refuses_malformed_text_and_leaves_the_address(void **state)
{
  (void)state;
  for (size_t i = 0; i < COUNT(malformed); i++)
    check_parse_error(PIER_EINVAL, malformed[i]);
}

static void test_parse_host_reads_what_has_neither_brackets_nor_port(void **state)
{
  (void)state;
  static const struct {
    const char *text, *written;
  } cases[] = {
    {"10.0.0.1", "10.0.0.1:77"},
    {"::1", "[::1]:77"},
    {"*", "[::]:77"},
    {"::", "[::]:77"},
    {"fe80::1", "[fe80::1]:77"},
    {"::ffff:1.2.3.4", "[::ffff:1.2.3.4]:77"},
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    pier_address a;
    assert_result(0, pier_address_parse_host(cases[i].text, 77, &a));
    assert_string_equal(text_of(&a), cases[i].written);
  }
}

static void test_parse_host_refuses_ports_brackets_paths_and_malformed_text(void **state)
{
  (void)state;
  static const char *const texts[] = {
    "",
    " ",
    "10.0.0.1:80",
    "[::1]",
    "[::1]:80",
    "*:80",
    "unix:/x",
    "10.0.0.1 ",
    " 10.0.0.1",
    "10.0.0",
    "::1 ",
    "::1%",
    "::1%0",
    "1.2.3.4%1",
    "**",
    "*.*",
    "localhost",
    "::1]",
    "1:2:3:4:5:6:7:8:",
    ":::",
    "::1\n",
  };
  for (size_t i = 0; i < COUNT(texts); i++)
    check_parse_host_error(PIER_EINVAL, texts[i], 80);
  check_parse_host_error(PIER_EINVAL, "10.0.0.1", -1);
  check_parse_host_error(PIER_EINVAL, "10.0.0.1", 65536);
  check_parse_host_error(PIER_EINVAL, "::1", 65536);
  check_parse_host_error(PIER_EINVAL, "*", 65536);
}

/* ---- zones ---- */

static void test_a_zone_that_is_a_number_is_the_index(void **state)
{
  (void)state;
  pier_address a;
  assert_ok(pier_address_parse("[fe80::1%4294967295]:80", &a));
  assert_true(a.in6.sin6_scope_id == 4294967295u);
  assert_string_equal(text_of(&a), "[fe80::1%4294967295]:80");
  assert_ok(pier_address_parse_host("fe80::1.2.3.4%77777777", 80, &a));
  assert_true(a.in6.sin6_scope_id == 77777777u);
}

static void test_a_zone_that_no_interface_has_is_no_device(void **state)
{
  (void)state;
  check_parse_error(PIER_ENODEV, "[fe80::1%no-such-interface]:80");
  check_parse_error(PIER_ENODEV, "[fe80::1%01]:80");
  check_parse_error(PIER_ENODEV, "[fe80::1%4294967296]:80");
  check_parse_error(PIER_ENODEV, "[fe80::1% ]:80");
  check_parse_host_error(PIER_ENODEV, "fe80::1%no-such-interface", 80);
  check_parse_host_error(PIER_ENODEV, "fe80::1%no]such", 80);
}

static void test_a_zone_longer_than_any_interface_name_is_refused(void **state)
{
  (void)state;
  static const size_t lengths[] = {64, 100, 255, 256, 257, 258, 259, 260, 261, 300, 5000};
  static char text[6000];
  for (size_t i = 0; i < COUNT(lengths); i++) {
    pier_address a;
    memset(text, 'x', sizeof text);
    memcpy(text, "[fe80::1%", 9);
    memcpy(text + 9 + lengths[i], "]:80", 5);
    set_mark(&a);
    assert_either(PIER_ENODEV, PIER_EINVAL, pier_address_parse(text, &a));
    assert_true(has_mark(&a));
  }
  assert_result(PIER_EINVAL, pier_address_parse(text, &(pier_address){0}));
}

/* Difference: 25-zone-text */
static void test_a_zones_name_makes_the_round_trip(void **state)
{
  (void)state;
  pier_address a, again;
  unsigned loopback = loopback_interface();
  if (loopback == 0)
    skip_because("the loopback interface has no index here");
  char text[64];
  snprintf(text, sizeof text, "[fe80::1%%%u]:80", loopback);
  assert_ok(pier_address_parse(text, &a));
  assert_true(a.in6.sin6_scope_id == loopback);
  if (strcmp(text_of(&a), text) == 0)
    skip_because("the loopback interface has no name here");
  assert_ok(pier_address_parse(text_of(&a), &again));
  assert_true(pier_address_equal(&a, &again));
}

/* ---- writing ---- */

static void test_format_follows_rfc_5952(void **state)
{
  (void)state;
  static const struct {
    uint16_t groups[8];
    const char *text;
  } cases[] = {
    {{0, 0, 0, 0, 0, 0, 0, 0}, "[::]:1"},
    {{0, 0, 0, 0, 0, 0, 0, 1}, "[::1]:1"},
    {{1, 0, 0, 0, 0, 0, 0, 0}, "[1::]:1"},
    {{0x2001, 0xdb8, 0, 0, 1, 0, 0, 1}, "[2001:db8::1:0:0:1]:1"},    /* the first of equals */
    {{0x2001, 0, 0, 1, 0, 0, 0, 1}, "[2001:0:0:1::1]:1"},            /* the longest */
    {{0, 0, 1, 0, 0, 0, 1, 1}, "[0:0:1::1:1]:1"},                    /* not the first */
    {{0, 0, 1, 2, 3, 4, 0, 0}, "[::1:2:3:4:0:0]:1"},                 /* the first of equals */
    {{1, 2, 3, 4, 5, 6, 0, 0}, "[1:2:3:4:5:6::]:1"},                 /* at the end */
    {{0x2001, 0xdb8, 0, 1, 1, 1, 1, 1}, "[2001:db8:0:1:1:1:1:1]:1"}, /* a single zero */
    {{0, 1, 2, 3, 4, 5, 6, 7}, "[0:1:2:3:4:5:6:7]:1"},               /* in front */
    {{1, 2, 3, 4, 5, 6, 7, 0}, "[1:2:3:4:5:6:7:0]:1"},               /* at the end */
    {{1, 0, 2, 0, 3, 0, 4, 0}, "[1:0:2:0:3:0:4:0]:1"},               /* several */
    {{0xABCD, 0xef, 0xF, 0xA0, 0x100, 0x10, 0xfff, 0xffff}, "[abcd:ef:f:a0:100:10:fff:ffff]:1"},
    {{0, 0, 0, 0, 0, 0xffff, 0x102, 0x304}, "[::ffff:1.2.3.4]:1"},
    {{0, 0, 0, 0, 0, 0xffff, 0, 0}, "[::ffff:0.0.0.0]:1"},
    {{0, 0, 0, 0, 0xffff, 0, 0x102, 0x304}, "[::ffff:0:102:304]:1"}, /* not RFC 4291's */
    {{0, 0, 0, 0, 1, 0xffff, 0x102, 0x304}, "[::1:ffff:102:304]:1"},
    {{0, 0, 0, 0, 0, 0xfffe, 0x102, 0x304}, "[::fffe:102:304]:1"},
    {{0, 0, 0, 0, 0, 0, 0x102, 0x304}, "[::102:304]:1"}, /* deprecated */
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    pier_address a;
    assert_ok(pier_address_any(AF_INET6, 1, &a));
    for (int k = 0; k < 8; k++) {
      a.in6.sin6_addr.s6_addr[2 * k] = (uint8_t)(cases[i].groups[k] >> 8);
      a.in6.sin6_addr.s6_addr[2 * k + 1] = (uint8_t)cases[i].groups[k];
    }
    assert_string_equal(text_of(&a), cases[i].text);
  }
}

static void check_cut(const pier_address *a, const char *whole)
{
  char text[PIER_ADDRESS_TEXT_MAX + 2];
  size_t length = strlen(whole);
  assert_int_equal(pier_address_format(&a->sa, a->len, NULL, 0), length);
  for (size_t size = 0; size <= length + 1; size++) {
    memset(text, '#', sizeof text);
    assert_int_equal(pier_address_format(&a->sa, a->len, text, size), length);
    size_t fits = size == 0 ? 0 : size <= length ? size - 1 : length;
    assert_memory_equal(text, whole, fits);
    assert_int_equal(text[fits], size == 0 ? '#' : '\0');
    assert_int_equal(text[size], '#');
  }
}

static void test_format_cuts_and_counts_as_snprintf_does(void **state)
{
  (void)state;
  static const char *const texts[] = {
    "1.2.3.4:5",
    "255.255.255.255:65535",
    "[::]:0",
    "[::ffff:1.2.3.4]:5",
    "[1111:2222:3333:4444:5555:6666:7777:8888%4294967295]:65535",
    "unix:/run/some/where.sock",
  };
  for (size_t i = 0; i < COUNT(texts); i++) {
    pier_address a;
    assert_ok(pier_address_parse(texts[i], &a));
    check_cut(&a, texts[i]);
  }
}

static void test_the_longest_text_fits_the_promised_size(void **state)
{
  (void)state;
  pier_address a;
  memset(&a, 0, sizeof a);
  a.un.sun_family = AF_UNIX;
  memset(a.un.sun_path, 'p', sizeof a.un.sun_path); /* without an end, as Linux allows */
  a.len = sizeof a.un;
  assert_int_equal(strlen(text_of(&a)), 5 + sizeof a.un.sun_path);
  a.un.sun_path[0] = '\0'; /* abstract */
  assert_int_equal(strlen(text_of(&a)), 5 + sizeof a.un.sun_path);
  assert_ok(pier_address_parse("[1111:2222:3333:4444:5555:6666:7777:8888%4294967295]:65535", &a));
  assert_true(strlen(text_of(&a)) < PIER_ADDRESS_TEXT_MAX);
}

static void test_format_refuses_what_it_does_not_know(void **state)
{
  (void)state;
  char text[PIER_ADDRESS_TEXT_MAX];
  pier_address a;
  assert_ok(pier_address_any(AF_INET, 1, &a));
  const socklen_t family_only = offsetof(struct sockaddr, sa_family) + sizeof a.sa.sa_family;
  assert_result(PIER_EINVAL, pier_address_format(NULL, a.len, text, sizeof text));
  assert_result(PIER_EINVAL, pier_address_format(&a.sa, a.len, NULL, 1));
  assert_result(PIER_EINVAL, pier_address_format(&a.sa, 0, text, sizeof text));
  assert_result(PIER_EINVAL, pier_address_format(&a.sa, family_only - 1, text, sizeof text));
  assert_result(PIER_EINVAL, pier_address_format(&a.sa, family_only, text, sizeof text));
  assert_result(PIER_EINVAL, pier_address_format(&a.sa, sizeof a.in - 1, text, sizeof text));
  assert_ok(pier_address_any(AF_INET6, 1, &a));
  assert_result(PIER_EINVAL, pier_address_format(&a.sa, sizeof a.in6 - 1, text, sizeof text));
  a.sa.sa_family = AF_UNSPEC;
  assert_result(PIER_EAFNOSUPPORT, pier_address_format(&a.sa, a.len, text, sizeof text));
  a.sa.sa_family = 77;
  assert_result(PIER_EAFNOSUPPORT, pier_address_format(&a.sa, a.len, text, sizeof text));
}

static void test_format_takes_an_address_in_larger_storage(void **state)
{
  (void)state;
  char text[PIER_ADDRESS_TEXT_MAX];
  pier_address a;
  assert_ok(pier_address_parse("1.2.3.4:5", &a));
  assert_int_equal(pier_address_format(&a.sa, sizeof a.storage, text, sizeof text), 9);
  assert_string_equal(text, "1.2.3.4:5");
}

/* ---- against the system's own functions ---- */

static uint64_t random_state;

/* Marsaglia's xorshift64: the same numbers on every system and in every run. */
static uint32_t next_random(void)
{
  random_state ^= random_state << 13;
  random_state ^= random_state >> 7;
  random_state ^= random_state << 17;
  return (uint32_t)(random_state >> 32);
}

static uint32_t random_below(uint32_t limit)
{
  return next_random() % limit;
}

static void random_bytes4(uint8_t *bytes)
{
  for (int i = 0; i < 4; i++)
    bytes[i] = (uint8_t)(random_below(4) ? next_random() : random_below(11));
}

/* With many zeros, short groups and ffff, so that every rule of the text has its turn. */
static void random_bytes16(uint8_t *bytes)
{
  uint32_t zeros = random_below(4);
  for (int i = 0; i < 16; i += 2) {
    static const uint16_t masks[] = {0xffff, 0xfff, 0xff, 0xf, 0};
    uint16_t group = (uint16_t)(next_random() & masks[random_below(5)]);
    if (random_below(4) < zeros)
      group = 0;
    else if (random_below(8) == 0)
      group = 0xffff;
    bytes[i] = (uint8_t)(group >> 8);
    bytes[i + 1] = (uint8_t)group;
  }
}

static void set_bytes(pier_address *a, int family, const uint8_t *bytes)
{
  assert_ok(pier_address_any(family, 0, a));
  if (family == AF_INET)
    memcpy(&a->in.sin_addr, bytes, 4);
  else
    memcpy(&a->in6.sin6_addr, bytes, 16);
}

/* The text of an address alone, without ":0" and brackets. */
static void host_text(const pier_address *a, char *host)
{
  const char *text = text_of(a);
  size_t skipped = a->sa.sa_family == AF_INET6;
  size_t length = strlen(text) - 2 - 2 * skipped;
  memcpy(host, text + skipped, length);
  host[length] = '\0';
}

static bool all_zero(const uint8_t *bytes, size_t size)
{
  while (size > 0)
    if (bytes[--size] != 0)
      return false;
  return true;
}

/* How many groups of zeros begin at a group. */
static int run_at(const uint8_t *bytes, int group)
{
  int length = 0;
  while (group + length < 8 && all_zero(bytes + 2 * (group + length), 2))
    length++;
  return length;
}

/* Whether a run of zeros in the middle is as long as the one in front, which musl passes over. */
static bool has_equal_run_behind(const uint8_t *bytes)
{
  int front = run_at(bytes, 0);
  for (int group = front; front > 0 && group < 8; group++)
    if (run_at(bytes, group) == front)
      return true;
  return false;
}

/* Where systems write an address otherwise than RFC 5952 recommends, and pier does not:
   ::1.2.3.4 (deprecated by RFC 4291), ISATAP's and SIIT's IPv4 and ::ffff:0:0 (Windows), and "::"
   for a single zero or the second of two runs (musl, Windows before 8). */
static bool is_written_otherwise(const uint8_t *bytes)
{
  static const uint8_t siit[] = {0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0};
  if (all_zero(bytes, 12) || memcmp(bytes, siit, sizeof siit) == 0)
    return true;
  if ((bytes[8] & 0xfd) == 0 && bytes[9] == 0 && bytes[10] == 0x5e && bytes[11] == 0xfe)
    return true;
  if ((all_zero(bytes, 10) && all_zero(bytes + 12, 2)) || has_equal_run_behind(bytes))
    return true;
  bool has_single = false, has_run = false;
  for (int i = 0; i < 8; i++) {
    bool zero = all_zero(bytes + 2 * i, 2);
    has_single = has_single || zero;
    has_run = has_run || (zero && i < 7 && all_zero(bytes + 2 * i, 4));
  }
  return has_single && !has_run;
}

static void check_text(int family, const uint8_t *bytes)
{
  pier_address a;
  char ours[64], theirs[64];
  uint8_t back[16];
  size_t size = family == AF_INET ? 4 : 16;
  set_bytes(&a, family, bytes);
  host_text(&a, ours);
  assert_true(system_pton(family, ours, back));
  assert_memory_equal(back, bytes, size);
  assert_true(system_ntop(family, bytes, theirs));
  if (strcmp(ours, theirs) != 0 && (family == AF_INET || !is_written_otherwise(bytes)))
    fail_msg("pier writes %s, the system writes %s", ours, theirs);
  pier_address read;
  assert_ok(pier_address_parse_host(theirs, 0, &read));
  assert_true(pier_address_equal(&a, &read));
}

/* Difference: 25-inet-ntop */
static void test_random_addresses_are_written_as_the_system_writes_them(void **state)
{
  (void)state;
  uint8_t bytes[16];
  random_state = 0x9e3779b97f4a7c15u;
  for (int i = 0; i < 150000; i++) {
    random_bytes16(bytes);
    check_text(AF_INET6, bytes);
    random_bytes4(bytes);
    check_text(AF_INET, bytes);
  }
}

/* Replaces, inserts, removes or doubles a character. */
static void mutate(char *text)
{
  static const char alphabet[] = "0123456789abcdefABCDEF::::....0011gGxX% -+/[]";
  size_t length = strlen(text);
  size_t at = random_below((uint32_t)length + 1);
  char c = alphabet[random_below(sizeof alphabet - 1)];
  switch (random_below(4)) {
  case 0:
    if (at < length)
      text[at] = c;
    break;
  case 1:
    if (at < length)
      memmove(text + at, text + at + 1, length - at);
    break;
  case 2:
    c = at < length ? text[at] : c; /* doubles */
    /* fall through */
  default:
    memmove(text + at + 1, text + at, length - at + 1);
    text[at] = c;
  }
}

/* What pier reads and inet_pton does not: zones, which pier documents. */
static bool is_read_by_pier_alone(const char *text)
{
  return strchr(text, '%') != NULL || strcmp(text, "*") == 0;
}

/* What Windows reads and pier does not: leading zeros in the decimal numbers behind "::ffff:". */
static bool is_read_by_windows_alone(const char *text)
{
  const char *dot = strchr(text, '.');
  bool found = false;
  for (; dot; dot = strchr(dot + 1, '.')) {
    const char *start = dot;
    while (start > text && strchr("0123456789", start[-1]))
      start--;
    found = found || (*start == '0' && start + 1 < dot) || (dot[1] == '0' && dot[2] >= '0');
  }
  return found && on_windows();
}

/* Returns whether pier took the text. */
static bool check_reading(const char *text)
{
  pier_address a;
  uint8_t bytes4[4], bytes16[16];
  bool by_system4 = system_pton(AF_INET, text, bytes4);
  bool by_system6 = system_pton(AF_INET6, text, bytes16);
  bool by_pier = pier_address_parse_host(text, 0, &a) == 0;
  if (is_read_by_pier_alone(text))
    return by_pier;
  if (by_pier && a.sa.sa_family == AF_INET)
    assert_true(by_system4 && memcmp(&a.in.sin_addr, bytes4, sizeof bytes4) == 0);
  else if (by_pier)
    assert_true(by_system6 && memcmp(&a.in6.sin6_addr, bytes16, sizeof bytes16) == 0);
  else if ((by_system4 || by_system6) && !is_read_by_windows_alone(text))
    fail_msg("the system takes \"%s\", and pier does not", text);
  return by_pier;
}

/* Difference: 25-inet-pton */
static void test_random_texts_are_read_as_the_system_reads_them(void **state)
{
  (void)state;
  char text[128];
  int taken = 0;
  random_state = 0xd1b54a32d192ed03u;
  for (int i = 0; i < 300000; i++) {
    pier_address a;
    uint8_t bytes[16];
    int family = random_below(3) ? AF_INET6 : AF_INET;
    random_bytes4(bytes + 12 * (family == AF_INET6));
    if (family == AF_INET6 && random_below(4))
      random_bytes16(bytes);
    else if (family == AF_INET6)
      assert_true(system_pton(AF_INET6, "::ffff:0:0", bytes));
    set_bytes(&a, family, bytes);
    host_text(&a, text);
    for (uint32_t left = 1 + random_below(4); left > 0; left--)
      mutate(text);
    taken += check_reading(text);
  }
  assert_in_range(taken, 20000, 280000); /* both outcomes had their turn */
}

static void test_random_bytes_never_break_the_parser(void **state)
{
  (void)state;
  char text[64];
  random_state = 0xa0761d6478bd642fu;
  for (int i = 0; i < 100000; i++) {
    size_t length = random_below(sizeof text - 1);
    for (size_t k = 0; k < length; k++)
      text[k] = (char)(random_below(8) ? "0:.[]%19af"[random_below(10)] : (int)random_below(256));
    text[length] = '\0';
    pier_address a;
    set_mark(&a);
    int result = pier_address_parse(text, &a);
    if (result < 0)
      assert_true(has_mark(&a));
    else
      assert_ok(pier_address_format(&a.sa, a.len, NULL, 0));
  }
}

/* ---- AF_UNIX ---- */

static void test_a_unix_path_makes_the_round_trip(void **state)
{
  (void)state;
  static const char *const paths[] =
    {"/run/x.sock", "x", "C:\\Temp\\x.sock", "/with space:80", "/\xc3\xbc.sock", "*", "@x"};
  for (size_t i = 0; i < COUNT(paths); i++) {
    pier_address a, b;
    char text[PIER_ADDRESS_TEXT_MAX];
    assert_ok(pier_address_unix(paths[i], &a));
    assert_int_equal(a.sa.sa_family, AF_UNIX);
    assert_string_equal(a.un.sun_path, paths[i]);
    assert_int_equal(a.len, offsetof(struct sockaddr_un, sun_path) + strlen(paths[i]) + 1);
    snprintf(text, sizeof text, "unix:%s", paths[i]);
    assert_string_equal(text_of(&a), text);
    assert_ok(pier_address_parse(text, &b));
    assert_true(pier_address_equal(&a, &b));
  }
}

static void test_a_unix_path_has_103_bytes_at_most(void **state)
{
  (void)state;
  char text[5 + 200] = "unix:";
  char *path = text + 5;
  pier_address a;
  memset(path, 'p', 199);
  path[PIER_UNIX_PATH_MAX] = '\0';
  assert_int_equal(strlen(path), 103);
  assert_ok(pier_address_unix(path, &a));
  assert_string_equal(a.un.sun_path, path);
  assert_string_equal(text_of(&a), text);
  assert_ok(pier_address_parse(text, &a));
  path[103] = 'p';
  for (size_t length = 104; length < 110; length++) {
    path[length] = '\0';
    set_mark(&a);
    assert_result(PIER_ENAMETOOLONG, pier_address_unix(path, &a));
    assert_true(has_mark(&a));
    check_parse_error(PIER_ENAMETOOLONG, text);
    path[length] = 'p';
  }
}

static void test_a_unix_path_is_not_empty(void **state)
{
  (void)state;
  pier_address a;
  set_mark(&a);
  assert_result(PIER_EINVAL, pier_address_unix("", &a));
  assert_result(PIER_EINVAL, pier_address_unix(NULL, &a));
  assert_true(has_mark(&a));
  assert_result(PIER_EINVAL, pier_address_unix("/x", NULL));
}

static void test_unnamed_and_abstract_unix_addresses_are_shown(void **state)
{
  (void)state;
  pier_address a;
  memset(&a, 0, sizeof a);
  a.un.sun_family = AF_UNIX;
  a.len = offsetof(struct sockaddr_un, sun_path);
  assert_string_equal(text_of(&a), "unix:");
  a.len = offsetof(struct sockaddr_un, sun_path) + 1; /* as some systems tell it */
  assert_string_equal(text_of(&a), "unix:");
  a.len = sizeof a.un; /* as the BSDs tell it */
  assert_string_equal(text_of(&a), "unix:");
  memcpy(a.un.sun_path, "\0name", 5);
  a.len = offsetof(struct sockaddr_un, sun_path) + 5;
  assert_string_equal(text_of(&a), "unix:@name");
}

static void test_a_unix_path_ends_at_its_length_or_at_its_nul(void **state)
{
  (void)state;
  pier_address a, b;
  assert_ok(pier_address_unix("/a/path", &a));
  b = a;
  b.len = offsetof(struct sockaddr_un, sun_path) + 7; /* without the NUL, as Linux allows */
  b.un.sun_path[7] = 'x';
  assert_string_equal(text_of(&b), "unix:/a/path");
  assert_true(pier_address_equal(&a, &b));
  b = a;
  b.len = sizeof b.un; /* with zeros behind, as many programs pass it */
  assert_string_equal(text_of(&b), "unix:/a/path");
  assert_true(pier_address_equal(&a, &b));
}

/* ---- values ---- */

static bool equal_texts(const char *one, const char *other)
{
  pier_address a, b;
  assert_ok(pier_address_parse(one, &a));
  assert_ok(pier_address_parse(other, &b));
  bool result = pier_address_equal(&a, &b);
  assert_int_equal(pier_address_equal(&b, &a), result);
  return result;
}

static void test_equal_compares_family_address_port_zone_and_path(void **state)
{
  (void)state;
  static const char *const texts[] = {
    "1.2.3.4:5", "1.2.3.5:5",          "1.2.3.4:6", "[::1]:5", "[::2]:5",  "[::1]:6",
    "[::1%7]:5", "[::ffff:1.2.3.4]:5", "unix:/x",   "unix:/y", "unix:/xx",
  };
  for (size_t i = 0; i < COUNT(texts); i++)
    for (size_t k = 0; k < COUNT(texts); k++)
      assert_int_equal(equal_texts(texts[i], texts[k]), i == k);
}

static void test_equal_passes_over_what_is_no_part_of_the_address(void **state)
{
  (void)state;
  pier_address a, b;
  assert_ok(pier_address_parse("[::1]:5", &a));
  memset(&b, 0xff, sizeof b);
  b.len = sizeof b.storage;
  memcpy(&b.in6, &a.in6, sizeof b.in6);
  b.in6.sin6_flowinfo = 99;
  assert_true(pier_address_equal(&a, &b));
  assert_ok(pier_address_parse("1.2.3.4:5", &a));
  b.in = a.in;
  memset(b.in.sin_zero, 0xff, sizeof b.in.sin_zero);
  assert_true(pier_address_equal(&a, &b));
}

static void test_equal_is_false_for_null_and_unknown_families(void **state)
{
  (void)state;
  pier_address a;
  assert_ok(pier_address_parse("1.2.3.4:5", &a));
  assert_false(pier_address_equal(&a, NULL));
  assert_false(pier_address_equal(NULL, &a));
  assert_false(pier_address_equal(NULL, NULL));
  a.sa.sa_family = AF_UNSPEC;
  assert_false(pier_address_equal(&a, &a));
}

static void test_equal_tells_abstract_names_apart(void **state)
{
  (void)state;
  pier_address a;
  memset(&a, 0, sizeof a);
  a.un.sun_family = AF_UNIX;
  memcpy(a.un.sun_path, "\0one", 4);
  a.len = offsetof(struct sockaddr_un, sun_path) + 4;
  pier_address b = a;
  assert_true(pier_address_equal(&a, &b));
  b.un.sun_path[3] = 'x';
  assert_false(pier_address_equal(&a, &b));
  b = a;
  b.len++; /* one NUL more is another name */
  assert_false(pier_address_equal(&a, &b));
}

static void test_the_port_is_told_and_set_in_host_byte_order(void **state)
{
  (void)state;
  static const int ports[] = {0, 1, 80, 258, 32768, 65535};
  static const int families[] = {AF_INET, AF_INET6};
  for (size_t i = 0; i < COUNT(families); i++) {
    pier_address a;
    assert_ok(pier_address_loopback(families[i], 4660, &a));
    assert_int_equal(pier_address_port(&a), 4660);
    for (size_t k = 0; k < COUNT(ports); k++) {
      assert_result(0, pier_address_set_port(&a, ports[k]));
      assert_int_equal(pier_address_port(&a), ports[k]);
    }
    assert_result(PIER_EINVAL, pier_address_set_port(&a, -1));
    assert_result(PIER_EINVAL, pier_address_set_port(&a, 65536));
    assert_int_equal(pier_address_port(&a), 65535);
  }
}

static void test_what_has_no_port_says_so(void **state)
{
  (void)state;
  pier_address a;
  assert_ok(pier_address_unix("/x", &a));
  assert_result(PIER_EAFNOSUPPORT, pier_address_port(&a));
  assert_result(PIER_EAFNOSUPPORT, pier_address_set_port(&a, 1));
  assert_string_equal(text_of(&a), "unix:/x");
  a.sa.sa_family = AF_UNSPEC;
  assert_result(PIER_EAFNOSUPPORT, pier_address_port(&a));
  assert_result(PIER_EINVAL, pier_address_port(NULL));
  assert_result(PIER_EINVAL, pier_address_set_port(NULL, 1));
}

static void test_any_and_loopback_make_the_addresses_of_both_families(void **state)
{
  (void)state;
  pier_address a;
  assert_ok(pier_address_any(AF_INET, 80, &a));
  assert_string_equal(text_of(&a), "0.0.0.0:80");
  assert_ok(pier_address_any(AF_INET6, 80, &a));
  assert_string_equal(text_of(&a), "[::]:80");
  assert_ok(pier_address_loopback(AF_INET, 80, &a));
  assert_string_equal(text_of(&a), "127.0.0.1:80");
  assert_ok(pier_address_loopback(AF_INET6, 80, &a));
  assert_string_equal(text_of(&a), "[::1]:80");
}

static void test_any_and_loopback_refuse_other_families_and_ports(void **state)
{
  (void)state;
  static int (*const makers[])(int, int, pier_address *) = {pier_address_any,
                                                            pier_address_loopback};
  for (size_t i = 0; i < COUNT(makers); i++) {
    pier_address a;
    set_mark(&a);
    assert_result(PIER_EAFNOSUPPORT, makers[i](AF_UNIX, 80, &a));
    assert_result(PIER_EAFNOSUPPORT, makers[i](AF_UNSPEC, 80, &a));
    assert_result(PIER_EINVAL, makers[i](AF_INET, -1, &a));
    assert_result(PIER_EINVAL, makers[i](AF_INET6, 65536, &a));
    assert_true(has_mark(&a));
    assert_result(PIER_EINVAL, makers[i](AF_INET, 80, NULL));
  }
}

static void test_unmap_turns_a_mapped_address_into_ipv4(void **state)
{
  (void)state;
  pier_address a, expected;
  assert_ok(pier_address_parse("[::ffff:192.0.2.1]:80", &a));
  assert_ok(pier_address_parse("192.0.2.1:80", &expected));
  assert_result(1, pier_address_unmap(&a));
  assert_true(pier_address_equal(&a, &expected));
  assert_int_equal(a.len, sizeof a.in);
  assert_result(0, pier_address_unmap(&a));
}

static void test_unmap_leaves_every_other_address_as_it_is(void **state)
{
  (void)state;
  static const char *const texts[] = {"1.2.3.4:5",
                                      "[::1]:5",
                                      "[::102:304]:5",
                                      "[::fffe:102:304]:5",
                                      "[::1:ffff:102:304]:5",
                                      "[64:ff9b::102:304]:5",
                                      "unix:/x"};
  for (size_t i = 0; i < COUNT(texts); i++) {
    pier_address a;
    assert_ok(pier_address_parse(texts[i], &a));
    assert_result(0, pier_address_unmap(&a));
    assert_string_equal(text_of(&a), texts[i]);
  }
  assert_result(PIER_EINVAL, pier_address_unmap(NULL));
}

static void test_null_is_an_invalid_argument_of_the_parsers(void **state)
{
  (void)state;
  pier_address a;
  set_mark(&a);
  assert_result(PIER_EINVAL, pier_address_parse(NULL, &a));
  assert_result(PIER_EINVAL, pier_address_parse_host(NULL, 1, &a));
  assert_true(has_mark(&a));
  assert_result(PIER_EINVAL, pier_address_parse("1.2.3.4:5", NULL));
  assert_result(PIER_EINVAL, pier_address_parse("unix:/x", NULL));
  assert_result(PIER_EINVAL, pier_address_parse_host("1.2.3.4", 5, NULL));
  assert_result(PIER_EINVAL, pier_address_parse_host("*", 5, NULL));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_parse_reads_each_form_and_format_writes_it),
    cmocka_unit_test(test_parse_gives_the_length_and_the_bytes_of_the_address),
    cmocka_unit_test(test_parse_refuses_malformed_text_and_leaves_the_address),
    cmocka_unit_test(test_parse_host_reads_what_has_neither_brackets_nor_port),
    cmocka_unit_test(test_parse_host_refuses_ports_brackets_paths_and_malformed_text),
    cmocka_unit_test(test_a_zone_that_is_a_number_is_the_index),
    cmocka_unit_test(test_a_zone_that_no_interface_has_is_no_device),
    cmocka_unit_test(test_a_zone_longer_than_any_interface_name_is_refused),
    cmocka_unit_test(test_a_zones_name_makes_the_round_trip),
    cmocka_unit_test(test_format_follows_rfc_5952),
    cmocka_unit_test(test_format_cuts_and_counts_as_snprintf_does),
    cmocka_unit_test(test_the_longest_text_fits_the_promised_size),
    cmocka_unit_test(test_format_refuses_what_it_does_not_know),
    cmocka_unit_test(test_format_takes_an_address_in_larger_storage),
    cmocka_unit_test(test_random_addresses_are_written_as_the_system_writes_them),
    cmocka_unit_test(test_random_texts_are_read_as_the_system_reads_them),
    cmocka_unit_test(test_random_bytes_never_break_the_parser),
    cmocka_unit_test(test_a_unix_path_makes_the_round_trip),
    cmocka_unit_test(test_a_unix_path_has_103_bytes_at_most),
    cmocka_unit_test(test_a_unix_path_is_not_empty),
    cmocka_unit_test(test_unnamed_and_abstract_unix_addresses_are_shown),
    cmocka_unit_test(test_a_unix_path_ends_at_its_length_or_at_its_nul),
    cmocka_unit_test(test_equal_compares_family_address_port_zone_and_path),
    cmocka_unit_test(test_equal_passes_over_what_is_no_part_of_the_address),
    cmocka_unit_test(test_equal_is_false_for_null_and_unknown_families),
    cmocka_unit_test(test_equal_tells_abstract_names_apart),
    cmocka_unit_test(test_the_port_is_told_and_set_in_host_byte_order),
    cmocka_unit_test(test_what_has_no_port_says_so),
    cmocka_unit_test(test_any_and_loopback_make_the_addresses_of_both_families),
    cmocka_unit_test(test_any_and_loopback_refuse_other_families_and_ports),
    cmocka_unit_test(test_unmap_turns_a_mapped_address_into_ipv4),
    cmocka_unit_test(test_unmap_leaves_every_other_address_as_it_is),
    cmocka_unit_test(test_null_is_an_invalid_argument_of_the_parsers),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
