/* SPDX-License-Identifier: MIT-0 */
/*
 * 27: shared subtrees, seen. All mounts of a process, with the peer groups that mount events travel
 * in: as a tree, as JSON, or for Graphviz.
 *
 *	27_mount_graph tree|json|dot [PID]	dot [PID] | dot -Tsvg >mounts.svg
 */
#include <contain/mount_table.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A path is any bytes, and both forms are UTF-8: bytes beyond ASCII become "?". */
static void string(const char *before, const char *s, int json)
{
	printf("%s\"", before);
	for (; *s; s++)
		if ((unsigned char)*s < ' ' || *s == '"' || *s == '\\' || *s == '&')
			printf(json ? "\\u%04x" : "&#%u;", (unsigned)*s);
		else
			putchar((unsigned char)*s < 0x7f ? *s : '?');
	putchar('"');
}

/* 0 in the first columns: in no group, the slave of none */
static void print_tree(const contain_mount_table *t, int i, int depth)
{
	printf("%5u %6u  %*s%s  %s %s%s\n", contain_mount_table_peer_group(t, i),
	       contain_mount_table_master(t, i), 2 * depth, "", contain_mount_table_target(t, i),
	       contain_mount_table_type(t, i), contain_mount_table_source(t, i),
	       contain_mount_table_attributes(t, i) & CONTAIN_MOUNT_READONLY ? " ro" : "");
}

static void print_json(const contain_mount_table *t, int i, int depth)
{
	static int more;

	printf("%s  {\"id\": %d, \"parent\": %d, \"peer_group\": %u, \"master\": %u",
	       more++ ? ",\n" : "", contain_mount_table_id(t, i),
	       contain_mount_table_parent_id(t, i),
	       contain_mount_table_peer_group(t, i), contain_mount_table_master(t, i));
	string(", \"target\": ", contain_mount_table_target(t, i), 1);
	string(", \"root\": ", contain_mount_table_root(t, i), 1);
	string(", \"type\": ", contain_mount_table_type(t, i), 1);
	string(", \"source\": ", contain_mount_table_source(t, i), 1);
	printf("}");
}

/* Mounts are boxes below their parents; events go along the arrows from and to their groups. */
static void print_dot(const contain_mount_table *t, int i, int depth)
{
	uint32_t group = contain_mount_table_peer_group(t, i);
	uint32_t master = contain_mount_table_master(t, i);

	printf("  m%d ", i);
	string("[label=", contain_mount_table_target(t, i), 0);
	puts("]");
	if (depth)
		printf("  m%d -> m%d [dir=none]\n", contain_mount_table_parent(t, i), i);
	if (group)
		printf("  g%u [shape=ellipse]; m%d -> g%u [dir=both]\n", group, i, group);
	if (master)
		printf("  g%u [shape=ellipse]; g%u -> m%d\n", master, master, i);
}

static const struct {
	const char *name, *head, *tail;
	void (*print)(const contain_mount_table *t, int i, int depth);
} forms[] = {
	{ "tree", "group master  mount\n", "", print_tree },
	{ "json", "{\"mounts\": [\n", "\n]}\n", print_json },
	{ "dot", "digraph mounts {\n  rankdir=LR; node [shape=box]\n", "}\n", print_dot },
};

int main(int argc, char **argv)
{
	int pid = argc > 2 ? atoi(argv[2]) : getpid(), fd = (int)syscall(SYS_pidfd_open, pid, 0);
	contain_mount_table *t = NULL;
	contain_error *e = NULL;
	int form = 0, depth, m;

	while (form < 3 && (argc < 2 || argc > 3 || strcmp(argv[1], forms[form].name)))
		form++;
	if (form == 3)
		return fprintf(stderr, "usage: %s tree|json|dot [PID]\n", argv[0]), 2;
	if (fd < 0 || contain_mount_table_take(fd, 0, &t, &e) < 0)
		return fprintf(stderr, "%s\n", e ? contain_error_message(e) : argv[2]), 1;
	printf("%s", forms[form].head);
	for (int n = 0; contain_mount_table_walk(t, n, &m, &depth) == 0; n++)
		forms[form].print(t, m, depth);
	printf("%s", forms[form].tail);
	contain_mount_table_free(t);
	return 0;
}
