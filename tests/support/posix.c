/* macOS hides the options of RFC 3542 without it: IPV6_RECVHOPLIMIT. */
#define __APPLE_USE_RFC_3542 1

#include "support.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

bool on_windows(void)
{
  return false;
}

bool on_wine(void)
{
  return false;
}

bool on_linux(void)
{
  struct utsname name;
  return uname(&name) >= 0 && strcmp(name.sysname, "Linux") == 0;
}

bool on_emulator(void)
{
  return getenv("PIER_TEST_EMULATOR") != NULL; /* set where it is started */
}

int count_open_handles(void)
{
  int count = 0;
  long limit = sysconf(_SC_OPEN_MAX);
  for (int fd = 0; fd < (limit > 4096 ? 4096 : (int)limit); fd++)
    count += fcntl(fd, F_GETFD) >= 0;
  return count;
}

bool is_inheritable(pier_socket_t s)
{
  int flags = fcntl(s, F_GETFD);
  assert_true(flags >= 0);
  return !(flags & FD_CLOEXEC);
}

int is_blocking(pier_socket_t s)
{
  int flags = fcntl(s, F_GETFL);
  assert_true(flags >= 0);
  return !(flags & O_NONBLOCK);
}

int native_of_refused(void)
{
  return ECONNREFUSED;
}

void set_recv_timeout(pier_socket_t s, int timeout_ms)
{
  struct timeval timeout = {timeout_ms / 1000, timeout_ms % 1000 * 1000};
  assert_ok(pier_setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout));
}

bool watch_headers(pier_socket_t s, int family)
{
  int on = 1;
  if (family == AF_INET6)
    return setsockopt(s, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, &on, sizeof on) == 0 &&
           setsockopt(s, IPPROTO_IPV6, IPV6_RECVTCLASS, &on, sizeof on) == 0;
#ifdef IP_RECVTOS
  return setsockopt(s, IPPROTO_IP, IP_RECVTTL, &on, sizeof on) == 0 &&
         setsockopt(s, IPPROTO_IP, IP_RECVTOS, &on, sizeof on) == 0;
#else
  return false;
#endif
}

/* The number in a control message, which is a byte of IPv4's and an int of IPv6's. */
static int number_in(struct cmsghdr *message)
{
  int value = 0;
  if (message->cmsg_len < CMSG_LEN(sizeof value))
    return *CMSG_DATA(message);
  memcpy(&value, CMSG_DATA(message), sizeof value);
  return value;
}

void receive_header(pier_socket_t s, int *ttl, int *tos)
{
  union {
    struct cmsghdr align;
    char space[256];
  } control;
  char byte;
  struct iovec piece = {&byte, 1};
  struct msghdr message;
  memset(&message, 0, sizeof message);
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = &control;
  message.msg_controllen = sizeof control;
  assert_int_equal(recvmsg(s, &message, 0), 1);
  for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c)) {
    bool is_in6 = c->cmsg_level == IPPROTO_IPV6;
    if (is_in6 ? c->cmsg_type == IPV6_HOPLIMIT
               : c->cmsg_type == IP_TTL || c->cmsg_type == IP_RECVTTL)
      *ttl = number_in(c);
    else
      *tos = number_in(c);
  }
}

void share_natively(pier_socket_t s)
{
  int on = 1;
  assert_int_equal(setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), 0);
}

void share_port_natively(pier_socket_t s)
{
  int on = 1;
  assert_int_equal(setsockopt(s, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on), 0);
}

static volatile sig_atomic_t delivered_low;
static volatile sig_atomic_t delivered_high;

static void count_signal(int number)
{
  (void)number;
  if (++delivered_low == 1000000) {
    delivered_low = 0;
    delivered_high++;
  }
}

static void set_storm(int usec, void (*handler)(int))
{
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = handler; /* and no SA_RESTART */
  sigemptyset(&action.sa_mask);
  assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
  struct itimerval every = {{0, usec}, {0, usec}};
  assert_int_equal(setitimer(ITIMER_REAL, &every, NULL), 0);
}

bool start_signal_storm(void)
{
  delivered_low = delivered_high = 0;
  set_storm(1000, count_signal);
  return true;
}

void stop_signal_storm(void)
{
  set_storm(0, SIG_IGN);
}

unsigned long signals_delivered(void)
{
  return (unsigned long)delivered_high * 1000000 + (unsigned long)delivered_low;
}

static struct rlimit before;

bool limit_open_handles(int more)
{
  int limit = 0;
  for (; more > 0; limit++)
    more -= fcntl(limit, F_GETFD) < 0;
  assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
  struct rlimit lower = before;
  lower.rlim_cur = (rlim_t)limit;
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &lower), 0);
  return true;
}

void restore_open_handles(void)
{
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
}

bool allow_open_handles(int count)
{
  struct rlimit limit;
  assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
  if (limit.rlim_cur >= (rlim_t)count)
    return true;
  if (limit.rlim_max < (rlim_t)count)
    return false;
  limit.rlim_cur = (rlim_t)count;
  return setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

void forget_startup(void) {}

unsigned loopback_interface(void)
{
  unsigned index = if_nametoindex("lo");
  return index ? index : if_nametoindex("lo0");
}

bool system_pton(int family, const char *text, void *bytes)
{
  return inet_pton(family, text, bytes) == 1;
}

bool system_ntop(int family, const void *bytes, char *text)
{
  return inet_ntop(family, bytes, text, 64) != NULL;
}

bool sigpipe_is_default(void)
{
  struct sigaction action;
  assert_int_equal(sigaction(SIGPIPE, NULL, &action), 0);
  return action.sa_handler == SIG_DFL;
}

struct test_thread {
  pthread_t id;
  void (*run)(void *);
  void *argument;
};

static void *enter(void *argument)
{
  test_thread *thread = (test_thread *)argument;
  thread->run(thread->argument);
  return NULL;
}

test_thread *thread_start(void (*run)(void *argument), void *argument)
{
  test_thread *thread = (test_thread *)malloc(sizeof *thread);
  assert_non_null(thread);
  thread->run = run;
  thread->argument = argument;
  assert_int_equal(pthread_create(&thread->id, NULL, enter, thread), 0);
  return thread;
}

void thread_join(test_thread *thread)
{
  assert_int_equal(pthread_join(thread->id, NULL), 0);
  free(thread);
}

pier_credentials own_credentials(void)
{
  return (pier_credentials){getpid(), geteuid(), getegid()};
}

static int wait_for_exit(pid_t child)
{
  int status = 0;
  assert_true(child > 0);
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_true(WIFEXITED(status));
  return WEXITSTATUS(status);
}

int run_again(const char *program, const char *argument)
{
  if (on_emulator()) /* the kernel would not know how to run it */
    return -1;
  char *arguments[] = {(char *)(uintptr_t)program, (char *)(uintptr_t)argument, NULL};
  pid_t child = fork();
  if (child == 0) {
    execv(program, arguments);
    _exit(127);
  }
  return wait_for_exit(child);
}

int run_in_fork(int (*run)(void *argument), void *argument)
{
  pid_t child = fork();
  if (child == 0)
    _exit(run(argument));
  return wait_for_exit(child);
}

void make_socket_path(char *path, size_t size)
{
  char folder[] = "/tmp/pier-test-XXXXXX";
  assert_non_null(mkdtemp(folder));
  int length = snprintf(path, size, "%s/socket", folder);
  assert_true(length > 0 && (size_t)length < size);
}

void remove_socket_path(const char *path)
{
  char folder[256];
  unlink(path);
  size_t length = (size_t)(strrchr(path, '/') - path);
  memcpy(folder, path, length);
  folder[length] = '\0';
  assert_int_equal(rmdir(folder), 0);
}

int64_t now_ms(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Linux gives a thread a network of its own, if the process may ask for it. */
bool enter_empty_network(void)
{
#ifdef CLONE_NEWNET
  return unshare(CLONE_NEWNET) == 0;
#else
  return false;
#endif
}

bool select_events(pier_socket_t s)
{
  (void)s;
  return false;
}
