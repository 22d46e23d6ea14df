#include "internal.h"

#include <stdlib.h>
#include <string.h>

/* The entry first, so that a pointer to it frees the whole. */
typedef struct node {
  pier_interface entry;
  char name[1]; /* as long as it is */
} node;

static bool is_link_local(const struct sockaddr_in6 *in6)
{
  return in6->sin6_addr.s6_addr[0] == 0xfe && (in6->sin6_addr.s6_addr[1] & 0xc0) == 0x80;
}

/* Systems differ in what they leave in the fields that are no part of an interface's address, and in
   whether a link-local one tells its zone. */
static void level(pier_address *a, unsigned zone)
{
  if (a->len == 0)
    return;
  pier_address_set_port(a, 0);
  if (a->sa.sa_family == AF_INET6) {
    a->in6.sin6_flowinfo = 0;
    a->in6.sin6_scope_id = is_link_local(&a->in6) ? zone : 0;
  }
}

/* Where the next entry is to be hung. */
typedef struct tail {
  pier_interface **next;
} tail;

static int append(const pier_interface *found, void *context)
{
  tail *end = (tail *)context;
  size_t length = strlen(found->name);
  node *copy = (node *)malloc(sizeof *copy + length);
  if (copy == NULL)
    return PIER_ENOMEM;
  memcpy(copy->name, found->name, length + 1);
  copy->entry = *found;
  copy->entry.next = NULL;
  copy->entry.name = copy->name;
  level(&copy->entry.address, found->index);
  level(&copy->entry.netmask, 0);
  level(&copy->entry.broadcast, 0);
  *end->next = &copy->entry;
  end->next = &copy->entry.next;
  return 0;
}

int pier_interfaces(pier_interface **out)
{
  if (out == NULL)
    return PIER_EINVAL;
  *out = NULL;
  pier_interface *first = NULL;
  tail end = {&first};
  int result = pier_os_interfaces(append, &end);
  if (result < 0) {
    pier_free_interfaces(first);
    return result;
  }
  *out = first;
  return 0;
}

void pier_free_interfaces(pier_interface *list)
{
  while (list) {
    pier_interface *next = list->next;
    free(list);
    list = next;
  }
}
