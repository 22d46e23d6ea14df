#include "check.h"

#include <unistd.h>

/* The peer's process, where only a question of its own tells it, as on macOS. */
static int64_t ask_pid(pier_socket_t s)
{
#ifdef LOCAL_PEERPID
  pid_t pid;
  socklen_t len = sizeof pid;
  if (getsockopt(s, SOL_LOCAL, LOCAL_PEERPID, &pid, &len) == 0)
    return pid;
#else
  (void)s;
#endif
  return -1;
}

int pier_os_peer_credentials(pier_socket_t s, pier_credentials *out)
{
#if defined(SO_PEERCRED) && defined(SCM_CREDENTIALS) /* Linux */
  struct ucred peer;
  socklen_t len = sizeof peer;
  int result = pier_posix_check(getsockopt(s, SOL_SOCKET, SO_PEERCRED, &peer, &len));
  if (result == 0 && peer.uid == (uid_t)-1) /* a datagram socket's peer has left none */
    return PIER_ENOTSUP;
  if (result == 0) /* a process of another name space is 0 */
    *out = (pier_credentials){peer.pid > 0 ? peer.pid : ask_pid(s), peer.uid, peer.gid};
#elif defined(SO_PEERCRED)   /* OpenBSD */
  struct sockpeercred peer;
  socklen_t len = sizeof peer;
  int result = pier_posix_check(getsockopt(s, SOL_SOCKET, SO_PEERCRED, &peer, &len));
  if (result == 0)
    *out = (pier_credentials){peer.pid > 0 ? peer.pid : ask_pid(s), peer.uid, peer.gid};
#elif defined(LOCAL_PEEREID) /* NetBSD, where the level of these options is 0 */
  struct unpcbid peer;
  socklen_t len = sizeof peer;
  int result = pier_posix_check(getsockopt(s, 0, LOCAL_PEEREID, &peer, &len));
  if (result == 0)
    *out = (pier_credentials){peer.unp_pid > 0 ? peer.unp_pid : ask_pid(s), peer.unp_euid,
                              peer.unp_egid};
#else                        /* macOS, FreeBSD */
  uid_t uid;
  gid_t gid;
  int result = pier_posix_check(getpeereid(s, &uid, &gid));
  if (result == 0)
    *out = (pier_credentials){ask_pid(s), uid, gid};
#endif
  return result;
}
