/* multicast_chat: each line of the console goes to everyone in a multicast group, and what is said
   there is printed. Ends with the console's input. */
#include <pier/pier.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "console.h"

typedef struct {
  pier_socket_t console, socket;
  pier_address group;
  char line[1000]; /* the beginning of a line that is still being typed */
  size_t size;
} chat;

static int usage(FILE *to, int exit_code)
{
  fprintf(to, "usage: multicast_chat [239.255.77.77:7777 or another] [INTERFACE_INDEX]\n");
  return exit_code;
}

static int fail(const char *what, int error)
{
  fprintf(stderr, "multicast_chat: %s: %s\n", what, pier_strerror(error));
  return 1;
}

/* The group's port is bound on the wildcard address, which every system allows. */
static int join(pier_socket_t s, const pier_address *group, int interface_index)
{
  pier_address local;
  int result = pier_address_any(group->sa.sa_family, pier_address_port(group), &local);
  if (result == 0) result = pier_set_option(s, PIER_OPT_BIND, PIER_BIND_SHARED);
  if (result == 0) result = pier_bind(s, &local.sa, local.len);
  if (result == 0) result = pier_multicast_join(s, &group->sa, (unsigned)interface_index, NULL);
  if (result == 0) result = pier_set_option(s, PIER_OPT_MULTICAST_LOOP, 1);
  return result < 0 ? result : pier_set_option(s, PIER_OPT_MULTICAST_INTERFACE, interface_index);
}

/* Returns 1 to go on, 0 at the end, or an error code. A byte at a time is fast enough to type. */
static int hear_console(chat *c)
{
  pier_ssize_t count = console_read(c->console, c->line + c->size, 1);
  if (count <= 0) return count == PIER_EAGAIN ? 1 : (int)count;
  if (c->line[c->size] == '\r') return 1;
  if (c->line[c->size] != '\n' && ++c->size < sizeof c->line) return 1;
  count = pier_sendto(c->socket, c->line, c->size, 0, &c->group.sa, c->group.len);
  c->size = 0;
  return count < 0 && count != PIER_EAGAIN ? (int)count : 1;
}

/* Anyone can send to a group: control characters do not get through to the terminal. */
static int hear_group(chat *c)
{
  char data[2000], sender[PIER_ADDRESS_TEXT_MAX], text[sizeof data + sizeof sender + 4];
  pier_address from = {.len = sizeof from.storage};
  pier_ssize_t count = pier_recvfrom(c->socket, data, sizeof data, 0, &from.sa, &from.len);
  if (count < 0) return count == PIER_EAGAIN ? 1 : (int)count;
  for (pier_ssize_t i = 0; i < count; i++) {
    if ((unsigned char)data[i] < ' ' || data[i] == '\x7f') data[i] = ' ';
  }
  int result = pier_address_format(&from.sa, from.len, sender, sizeof sender);
  if (result < 0) return result;
  int size = snprintf(text, sizeof text, "%s: %.*s\n", sender, (int)count, data);
  result = console_write_all(text, (size_t)size);
  return result < 0 ? result : 1;
}

static int run(chat *c)
{
  int result = 1;
  while (result > 0) {
    struct pollfd fds[2] = {{.fd = c->console}, {.fd = c->socket}};
    fds[0].events = fds[1].events = POLLIN;
    result = pier_poll(fds, 2, PIER_FOREVER);
    if (result > 0 && fds[1].revents != 0) result = hear_group(c);
    if (result > 0 && fds[0].revents != 0) result = hear_console(c);
  }
  return result;
}

int main(int argc, char **argv)
{
  static chat c;
  const char *group = argc > 1 ? argv[1] : "239.255.77.77:7777";
  int interface_index = argc > 2 ? atoi(argv[2]) : 0;
  if (argc == 2 && strcmp(argv[1], "--help") == 0) return usage(stdout, 0);
  if (argc > 3 || pier_address_parse(group, &c.group) < 0) return usage(stderr, 2);
  bool zoned = interface_index == 0 && c.group.sa.sa_family == AF_INET6;
  if (zoned) interface_index = (int)c.group.in6.sin6_scope_id;
  int result = console_open(&c.console);
  if (result == 0)
    result = pier_socket(c.group.sa.sa_family, SOCK_DGRAM | PIER_NONBLOCK, 0, &c.socket);
  if (result == 0) result = join(c.socket, &c.group, interface_index);
  if (result == 0) result = run(&c);
  return result < 0 ? fail(group, result) : 0;
}
