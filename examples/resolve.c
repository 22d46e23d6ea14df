/* resolve: prints the addresses of a name, one a line, with the service's port if one is given. */
#include <pier/pier.h>

#include <stdio.h>
#include <string.h>

static int usage(FILE *to, int exit_code)
{
  fprintf(to, "usage: resolve NAME [SERVICE]\n");
  return exit_code;
}

static int fail(const char *what, int error)
{
  fprintf(stderr, "resolve: %s: %s\n", what, pier_strerror(error));
  return 1;
}

static int print_host(const struct addrinfo *a)
{
  char text[NI_MAXHOST];
  int result = pier_getnameinfo(a->ai_addr, (socklen_t)a->ai_addrlen, text, sizeof text, NULL, 0,
                                NI_NUMERICHOST);
  if (result == 0) printf("%s\n", text);
  return result;
}

static int print_host_and_port(const struct addrinfo *a)
{
  char text[PIER_ADDRESS_TEXT_MAX];
  int length = pier_address_format(a->ai_addr, (socklen_t)a->ai_addrlen, text, sizeof text);
  if (length >= 0) printf("%s\n", text);
  return length < 0 ? length : 0;
}

int main(int argc, char **argv)
{
  struct addrinfo *list;
  if (argc == 2 && strcmp(argv[1], "--help") == 0) return usage(stdout, 0);
  if (argc != 2 && argc != 3) return usage(stderr, 2);
  const char *service = argc == 3 ? argv[2] : NULL;
  int result = pier_getaddrinfo(argv[1], service, NULL, &list);
  if (result < 0) return fail(argv[1], result);
  for (struct addrinfo *each = list; each != NULL && result == 0; each = each->ai_next) {
    result = service == NULL ? print_host(each) : print_host_and_port(each);
  }
  pier_freeaddrinfo(list);
  return result < 0 ? fail(argv[1], result) : 0;
}
