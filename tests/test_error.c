/* Error codes: the whole table, and the way to the system's numbers and back. */
#include "support.h"

#include <limits.h>

typedef struct row {
  int code, number, winsock;
  const char *name, *text;
} row;

#define ROW(name, number, winsock, text) {PIER_##name, number, winsock, #name, text},
static const row rows[] = {PIER_ERRORS(ROW)};
#undef ROW

#define ROW_COUNT (sizeof rows / sizeof rows[0])

/* Where the table's Winsock numbers begin; the smaller ones in its column are Win32's. */
#define WINSOCK_BASE 10000

static bool starts_with(const char *text, const char *prefix)
{
  return strncmp(text, prefix, strlen(prefix)) == 0;
}

static bool is_between(int code, int low, int high)
{
  return code >= low && code <= high;
}

/* The range that the header's comment gives to a row. */
static bool is_in_range(const row *r)
{
  if (strcmp(r->name, "EOF") == 0)
    return r->code == -30000;
  if (starts_with(r->name, "EAI_"))
    return is_between(r->code, -30099, -30001);
  if (starts_with(r->name, "WSA"))
    return is_between(r->code, -19999, -10000);
  return is_between(r->code, -9999, -1) || r->code == -r->winsock; /* this system has no errno */
}

static bool is_errno(const row *r)
{
  return is_between(r->code, -9999, -1);
}

/* The first row with a Winsock number. */
static const row *first_of(int winsock)
{
  const row *r = rows;
  while (r->winsock != winsock)
    r++;
  return r;
}

static void test_each_code_is_negative_and_in_its_documented_range(void **state)
{
  (void)state;
  for (size_t i = 0; i < ROW_COUNT; i++) {
    assert_true(rows[i].code < 0);
    assert_int_equal(rows[i].code, -rows[i].number);
    if (!is_in_range(&rows[i]))
      fail_msg("PIER_%s is %d", rows[i].name, rows[i].code);
  }
}

static void test_no_two_codes_and_no_two_names_are_the_same(void **state)
{
  (void)state;
  for (size_t i = 0; i < ROW_COUNT; i++)
    for (size_t k = 0; k < i; k++)
      if (rows[i].code == rows[k].code || strcmp(rows[i].name, rows[k].name) == 0)
        fail_msg("PIER_%s and PIER_%s are the same", rows[i].name, rows[k].name);
}

/* Difference: T4-names */
static void test_each_code_has_its_name_and_its_text(void **state)
{
  (void)state;
  for (size_t i = 0; i < ROW_COUNT; i++) {
    assert_string_equal(pier_error_name(rows[i].code), rows[i].name);
    assert_string_equal(pier_strerror(rows[i].code), rows[i].text);
  }
}

static void test_texts_are_not_empty_and_end_without_a_full_stop_or_space(void **state)
{
  (void)state;
  for (size_t i = 0; i < ROW_COUNT; i++) {
    const char *text = pier_strerror(rows[i].code);
    size_t length = strlen(text);
    assert_true(length > 0);
    if (strchr(". \r\n", text[length - 1]))
      fail_msg("PIER_%s: \"%s\"", rows[i].name, text);
  }
}

static void test_zero_and_positive_numbers_are_success(void **state)
{
  (void)state;
  static const int results[] = {0, 1, 4096, 10061, INT32_MAX};
  for (size_t i = 0; i < sizeof results / sizeof results[0]; i++) {
    assert_string_equal(pier_error_name(results[i]), "OK");
    assert_string_equal(pier_strerror(results[i]), "success");
    assert_int_equal(pier_error_native(results[i]), 0);
  }
  assert_int_equal(pier_error_from_native(0), 0);
}

static void test_codes_outside_the_table_are_called_unknown(void **state)
{
  (void)state;
  static const int codes[] = {-9998, -19998, -29998, -30098, -1000000, INT32_MIN + 1};
  for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
    assert_string_equal(pier_error_name(codes[i]), "UNKNOWN");
    assert_string_equal(pier_strerror(codes[i]), "unknown error");
  }
}

static void test_a_code_is_given_back_as_it_is_by_from_native(void **state)
{
  (void)state;
  for (size_t i = 0; i < ROW_COUNT; i++)
    assert_int_equal(pier_error_from_native(rows[i].code), rows[i].code);
}

/* Difference: T4-errno */
static void test_errno_numbers_are_the_codes_behind_a_minus_sign(void **state)
{
  (void)state;
  assert_int_equal(PIER_ECONNREFUSED, -ECONNREFUSED);
  assert_int_equal(PIER_EAGAIN, -EAGAIN);
  assert_int_equal(PIER_EINVAL, -EINVAL);
  assert_int_equal(PIER_ENOTSUP, -ENOTSUP);
  assert_int_equal(PIER_ETIMEDOUT, -ETIMEDOUT);
}

/* Difference: T4-posix-round-trip */
static void test_posix_errno_rows_make_the_round_trip(void **state)
{
  (void)state;
  if (on_windows())
    skip_because("Winsock has numbers of its own");
  for (size_t i = 0; i < ROW_COUNT; i++) {
    if (!is_errno(&rows[i]))
      continue;
    assert_int_equal(pier_error_native(rows[i].code), rows[i].number);
    assert_result(rows[i].code, pier_error_from_native(rows[i].number));
  }
}

/* Difference: T4-winsock-round-trip */
static void test_windows_winsock_numbers_translate_to_their_first_row(void **state)
{
  (void)state;
  if (!on_windows())
    skip_because("the numbers are Winsock's");
  for (size_t i = 0; i < ROW_COUNT; i++) {
    if (rows[i].winsock == 0)
      continue;
    assert_int_equal(pier_error_native(rows[i].code), rows[i].winsock);
    if (rows[i].winsock >= WINSOCK_BASE)
      assert_result(first_of(rows[i].winsock)->code, pier_error_from_native(rows[i].winsock));
  }
}

/* 8, 122 and their like mean one thing to name lookup, and to all others what GetLastError says. */
/* Difference: T4-win32-numbers */
static void test_windows_win32_numbers_translate_to_the_code_of_the_same_meaning(void **state)
{
  (void)state;
  static const struct {
    int native, code;
  } cases[] = {
    {5, PIER_EACCES},         {6, PIER_EBADF},           {8, PIER_ENOMEM},
    {64, PIER_ECONNRESET},    {87, PIER_EINVAL},         {109, PIER_EPIPE},
    {121, PIER_ETIMEDOUT},    {122, PIER_EOVERFLOW},     {234, PIER_EMSGSIZE},
    {995, PIER_ECANCELED},    {997, PIER_EINPROGRESS},   {1225, PIER_ECONNREFUSED},
    {1231, PIER_ENETUNREACH}, {1232, PIER_EHOSTUNREACH}, {1236, PIER_ECONNABORTED},
    {10111, PIER_ECANCELED},
  };
  if (!on_windows())
    skip_because("the numbers are Win32's");
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
    assert_result(cases[i].code, pier_error_from_native(cases[i].native));
}

/* Difference: T4-unknown-numbers */
static void test_unknown_numbers_are_passed_on_and_given_back(void **state)
{
  (void)state;
  static const int natives[] = {4001, 9999, 10999, 12002, 19999};
  for (size_t i = 0; i < sizeof natives / sizeof natives[0]; i++) {
    int code = pier_error_from_native(natives[i]);
    assert_true(code < 0);
    assert_int_equal(pier_error_native(code), natives[i]);
    assert_string_equal(pier_error_name(code), "UNKNOWN");
  }
}

static void test_numbers_that_no_system_has_are_no_codes(void **state)
{
  (void)state;
  assert_result(PIER_EIO, pier_error_from_native(20000));
  assert_result(PIER_EIO, pier_error_from_native(30001));
  assert_result(PIER_EIO, pier_error_from_native(INT_MAX));
  assert_result(INT_MIN, pier_error_from_native(INT_MIN));
  assert_int_equal(pier_error_native(INT_MIN), 0);
  assert_int_equal(pier_error_native(PIER_EAI_OVERFLOW - 1), 0);
}

static void test_windows_win32_numbers_without_a_twin_stand_behind_20000(void **state)
{
  (void)state;
  if (!on_windows())
    skip_because("the range is for Win32's numbers");
  assert_int_equal(pier_error_from_native(4001), -24001);
  assert_int_equal(pier_error_native(-24001), 4001);
}

static void test_the_systems_own_number_of_refused_is_translated_both_ways(void **state)
{
  (void)state;
  assert_int_equal(pier_error_native(PIER_ECONNREFUSED), native_of_refused());
  assert_result(PIER_ECONNREFUSED, pier_error_from_native(native_of_refused()));
}

/* Difference: T4-would-block */
static void test_would_block_is_folded_into_one_code(void **state)
{
  (void)state;
  assert_result(PIER_EAGAIN, pier_error_from_native(on_windows() ? 10035 : EWOULDBLOCK));
  assert_result(PIER_EAGAIN, pier_error_from_native(on_windows() ? 10035 : EAGAIN));
  assert_string_equal(pier_error_name(PIER_EAGAIN), "EAGAIN");
}

/* Difference: T4-not-supported */
static void test_not_supported_is_folded_into_one_code(void **state)
{
  (void)state;
  assert_int_equal(PIER_EOPNOTSUPP, PIER_ENOTSUP);
  assert_result(PIER_ENOTSUP, pier_error_from_native(on_windows() ? 10045 : EOPNOTSUPP));
  assert_result(PIER_ENOTSUP, pier_error_from_native(on_windows() ? 10045 : ENOTSUP));
  assert_string_equal(pier_error_name(PIER_EOPNOTSUPP), "ENOTSUP");
}

/* Difference: T2-numbers */
static void test_name_lookup_and_end_of_stream_have_the_same_numbers_everywhere(void **state)
{
  (void)state;
  assert_int_equal(PIER_EOF, -30000);
  assert_int_equal(PIER_EAI_AGAIN, -30001);
  assert_int_equal(PIER_EAI_OVERFLOW, -30009);
  assert_string_equal(pier_error_name(PIER_EOF), "EOF");
  assert_string_equal(pier_error_name(PIER_EAI_NONAME), "EAI_NONAME");
}

/* Difference: T2-native-numbers */
static void test_end_of_stream_has_no_native_number_and_name_lookup_codes_have(void **state)
{
  (void)state;
  assert_int_equal(pier_error_native(PIER_EOF), 0);
  for (size_t i = 0; i < ROW_COUNT; i++) {
    if (!starts_with(rows[i].name, "EAI_"))
      continue;
    int native = pier_error_native(rows[i].code);
    assert_int_not_equal(native, 0);
    assert_int_not_equal(native, rows[i].number);
  }
}

static void test_a_code_that_this_system_never_makes_gives_its_number(void **state)
{
  (void)state;
  if (on_windows()) {
    assert_int_equal(pier_error_native(PIER_EDOM), EDOM);
    assert_int_equal(pier_error_native(PIER_EISDIR), EISDIR);
  } else {
    assert_int_equal(pier_error_native(PIER_WSASYSNOTREADY), 10091);
    assert_int_equal(pier_error_native(PIER_WSAEREFUSED), 10112);
  }
}

/* winerror.h's numbers of 10000 to 11033, but for those of quality of service, 11005 to 11031. */
static const int winsock_numbers[] = {
  10004, 10009, 10013, 10014, 10022, 10024, 10035, 10036, 10037, 10038, 10039, 10040, 10041,
  10042, 10043, 10044, 10045, 10046, 10047, 10048, 10049, 10050, 10051, 10052, 10053, 10054,
  10055, 10056, 10057, 10058, 10059, 10060, 10061, 10062, 10063, 10064, 10065, 10066, 10067,
  10068, 10069, 10070, 10071, 10091, 10092, 10093, 10101, 10102, 10103, 10104, 10105, 10106,
  10107, 10108, 10109, 10110, 10111, 10112, 11001, 11002, 11003, 11004, 11032, 11033,
};

/* Those that say what another says. */
static int folded_into(int winsock)
{
  switch (winsock) {
  case 10111: /* WSA_E_CANCELLED */
    return PIER_ECANCELED;
  case 11004: /* WSANO_DATA */
  case 11032: /* WSA_SECURE_HOST_NOT_FOUND */
    return PIER_EAI_NONAME;
  case 11033: /* WSA_IPSEC_NAME_POLICY_ERROR */
    return PIER_EAI_FAIL;
  default:
    return 0;
  }
}

/* Difference: T4-winsock-numbers */
static void test_each_number_of_winsocks_header_has_a_code(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof winsock_numbers / sizeof winsock_numbers[0]; i++) {
    int number = winsock_numbers[i];
    int code = folded_into(number);
    for (size_t k = 0; k < ROW_COUNT && code == 0; k++)
      if (rows[k].winsock == number)
        code = rows[k].code;
    if (code == 0)
      fail_msg("%d has no row", number);
    if (on_windows())
      assert_result(code, pier_error_from_native(number));
  }
}

/* Difference: T4-qos */
static void test_numbers_of_quality_of_service_are_passed_on(void **state)
{
  (void)state;
  for (int number = 11005; number <= 11031; number++) {
    assert_result(-number, pier_error_from_native(number));
    assert_int_equal(pier_error_native(-number), number);
  }
}

/* Difference: 7a-result */
static void test_an_error_is_the_result_and_outlives_other_calls(void **state)
{
  (void)state;
  pier_address a, dead = make_dead_address(AF_INET);
  pier_socket_t s, other;
  assert_ok(pier_socket(AF_INET, SOCK_STREAM, 0, &s));
  int error = pier_connect(s, &dead.sa, dead.len);
  assert_ok(pier_socket(AF_INET, SOCK_DGRAM, 0, &other));
  assert_ok(pier_close(other));
  assert_ok(pier_close(s));
  assert_result(PIER_EINVAL, pier_address_parse("", &a));
  assert_result(PIER_ECONNREFUSED, error);
  assert_string_equal(pier_error_name(error), "ECONNREFUSED");
}

/* Difference: 7a-errno-names */
static void test_berkeleys_errno_names_compare_with_results_on_every_system(void **state)
{
  (void)state;
  pier_socket_t pair[2];
  char byte;
  make_udp_pair(AF_INET, pair);
  assert_ok(pier_set_nonblocking(pair[0], true));
  assert_result(-EAGAIN, pier_recv(pair[0], &byte, 1, 0));
  assert_result(-EINVAL, pier_shutdown(pair[0], 99));
  close_pair(pair);
}

/* Difference: 7e-texts */
static void test_texts_are_english_and_the_same_on_every_system(void **state)
{
  (void)state;
  assert_string_equal(pier_strerror(PIER_ECONNRESET), "connection reset by peer");
  assert_string_equal(pier_strerror(PIER_EAGAIN), "the operation would block");
  assert_string_equal(pier_strerror(PIER_WSANOTINITIALISED), "Winsock is not started");
  assert_string_equal(pier_strerror(PIER_EAI_SERVICE), "no such service for the socket type");
  assert_string_equal(pier_strerror(PIER_ESHUTDOWN), "socket is shut down");
  assert_string_equal(pier_strerror(pier_error_from_native(native_of_refused())),
                      "connection refused");
}

/* Difference: 7e-stale-texts */
static void test_a_text_stays_when_another_is_asked_for(void **state)
{
  (void)state;
  const char *text = pier_strerror(PIER_EAI_NONAME), *unknown = pier_strerror(-9998);
  for (size_t i = 0; i < ROW_COUNT; i++)
    assert_non_null(pier_strerror(rows[i].code));
  assert_string_equal(text, "no such host name, or none with such addresses");
  assert_ptr_equal(pier_strerror(PIER_EAI_NONAME), text);
  assert_string_equal(unknown, "unknown error");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_each_code_is_negative_and_in_its_documented_range),
    cmocka_unit_test(test_no_two_codes_and_no_two_names_are_the_same),
    cmocka_unit_test(test_each_code_has_its_name_and_its_text),
    cmocka_unit_test(test_texts_are_not_empty_and_end_without_a_full_stop_or_space),
    cmocka_unit_test(test_zero_and_positive_numbers_are_success),
    cmocka_unit_test(test_codes_outside_the_table_are_called_unknown),
    cmocka_unit_test(test_a_code_is_given_back_as_it_is_by_from_native),
    cmocka_unit_test(test_errno_numbers_are_the_codes_behind_a_minus_sign),
    cmocka_unit_test(test_posix_errno_rows_make_the_round_trip),
    cmocka_unit_test(test_windows_winsock_numbers_translate_to_their_first_row),
    cmocka_unit_test(test_windows_win32_numbers_translate_to_the_code_of_the_same_meaning),
    cmocka_unit_test(test_unknown_numbers_are_passed_on_and_given_back),
    cmocka_unit_test(test_numbers_that_no_system_has_are_no_codes),
    cmocka_unit_test(test_windows_win32_numbers_without_a_twin_stand_behind_20000),
    cmocka_unit_test(test_the_systems_own_number_of_refused_is_translated_both_ways),
    cmocka_unit_test(test_would_block_is_folded_into_one_code),
    cmocka_unit_test(test_not_supported_is_folded_into_one_code),
    cmocka_unit_test(test_name_lookup_and_end_of_stream_have_the_same_numbers_everywhere),
    cmocka_unit_test(test_end_of_stream_has_no_native_number_and_name_lookup_codes_have),
    cmocka_unit_test(test_a_code_that_this_system_never_makes_gives_its_number),
    cmocka_unit_test(test_each_number_of_winsocks_header_has_a_code),
    cmocka_unit_test(test_numbers_of_quality_of_service_are_passed_on),
    cmocka_unit_test(test_an_error_is_the_result_and_outlives_other_calls),
    cmocka_unit_test(test_berkeleys_errno_names_compare_with_results_on_every_system),
    cmocka_unit_test(test_texts_are_english_and_the_same_on_every_system),
    cmocka_unit_test(test_a_text_stays_when_another_is_asked_for),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
