/* SPDX-License-Identifier: MIT-0 */
/*
 * 01: namespaces by hand. A program moves itself into new ones: first a user namespace, which any
 * user may make, and in which it is user 0; what it may do as such reaches the other new
 * namespaces and nothing of the host.
 *
 *	01_namespace [COMMAND...]	the command, if any, runs in them
 */
#include <contain/namespace.h>

#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct seen {
	unsigned int uid, links;
	char hostname[65];
};

static void look(struct seen *seen)
{
	struct if_nameindex *names = if_nameindex();

	memset(seen, 0, sizeof(*seen));
	seen->uid = (unsigned int)geteuid();
	gethostname(seen->hostname, sizeof(seen->hostname) - 1);
	while (names && names[seen->links].if_index)
		seen->links++;
	if_freenameindex(names);
}

static int enter(contain_error **e)
{
	uint32_t uid = geteuid(), gid = getegid(); /* after the next call they have no meaning */
	int r = contain_ns_unshare(CONTAIN_NS_USER | CONTAIN_NS_UTS | CONTAIN_NS_NET, e);

	if (r == 0)
		r = contain_ns_map_self(0, 0, uid, gid, e); /* 0 inside is who we were outside */
	if (r == 0)
		r = contain_ns_loopback_up(e);
	return r;
}

int main(int argc, char **argv)
{
	struct seen before, after;
	contain_error *e = NULL;

	look(&before);
	if (enter(&e) < 0) {
		fprintf(stderr, "%s\n", contain_error_message(e));
		contain_error_free(e);
		return 1;
	}
	if (sethostname("inside", 6) < 0)
		return perror("sethostname"), 1;
	look(&after);
	printf("%-14s %-20s %s\n", "", "before", "now");
	printf("%-14s %-20u %u\n", "user id", before.uid, after.uid);
	printf("%-14s %-20s %s\n", "host name", before.hostname, after.hostname);
	printf("%-14s %-20u %u\n", "network links", before.links, after.links);
	if (argc > 1) {
		fflush(stdout);
		execvp(argv[1], argv + 1);
		return perror(argv[1]), 127;
	}
	return 0;
}
