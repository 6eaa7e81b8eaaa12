/* SPDX-License-Identifier: MIT-0 */
/*
 * Which namespaces there are, as lsns(8) shows them: a table, a tree, or JSON.
 *
 *	16_lsns [--tree [parent|owner] | --json]
 */
#include <contain/inventory.h>
#include <contain/namespace.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* A process may call itself anything, and JSON is UTF-8: bytes beyond ASCII become "?". */
static void print_string(const char *s)
{
	putchar('"');
	for (; *s; s++)
		if ((unsigned char)*s < ' ' || *s == '"' || *s == '\\')
			printf("\\u%04x", (unsigned)*s);
		else
			putchar((unsigned char)*s < 0x7f ? *s : '?');
	putchar('"');
}

static void print_number(const char *key, uint64_t value)
{
	if (value)
		printf(", \"%s\": %" PRIu64, key, value);
}

static void print_json(const contain_inventory *inv)
{
	printf("{\"namespaces\": [");
	for (int i = 0; i < contain_inventory_count(inv); i++) {
		const char *command = contain_inventory_command(inv, i), *pin;

		printf("%s\n  {\"ns\": %" PRIu64 ", \"type\": \"%s\", \"nprocs\": %d", i ? "," : "",
		       contain_inventory_inode(inv, i),
		       contain_ns_type_name(contain_inventory_type(inv, i)),
		       contain_inventory_processes(inv, i));
		print_number("pid", (uint64_t)contain_inventory_pid(inv, i));
		if (command)
			printf(", \"uid\": %" PRIu32, contain_inventory_uid(inv, i));
		print_number("pns", contain_inventory_inode(inv, contain_inventory_parent(inv, i)));
		print_number("ons", contain_inventory_inode(inv, contain_inventory_owner(inv, i)));
		printf(", \"command\": ");
		print_string(command ? command : "");
		printf(", \"pins\": [");
		for (int n = 0; (pin = contain_inventory_pin(inv, i, n)); n++) {
			printf("%s", n ? ", " : "");
			print_string(pin);
		}
		printf("]}");
	}
	printf("\n]}\n");
}

static void print_table(const contain_inventory *inv, int tree)
{
	puts("        NS TYPE   NPROCS     PID   UID COMMAND OR PIN");
	for (int n = 0; n < contain_inventory_count(inv); n++) {
		const char *command;
		int i = n, depth = 0;

		if (tree)
			contain_inventory_walk(inv, tree, n, &i, &depth);
		command = contain_inventory_command(inv, i);
		if (!command) /* no process: NULL, or where it is pinned */
			command = contain_inventory_pin(inv, i, 0);
		printf("%10" PRIu64 " %-6s %6d %7d %5d %*s%.60s\n", contain_inventory_inode(inv, i),
		       contain_ns_type_name(contain_inventory_type(inv, i)),
		       contain_inventory_processes(inv, i), contain_inventory_pid(inv, i),
		       (int)contain_inventory_uid(inv, i), depth * 2, "", command ? command : "-");
	}
	if (contain_inventory_unreadable(inv))
		printf("%d processes could not be read\n", contain_inventory_unreadable(inv));
}

int main(int argc, char **argv)
{
	const char *option = argc > 1 ? argv[1] : "";
	const char *by = argc > 2 ? argv[2] : "parent";
	contain_inventory *inv;
	contain_error *err = NULL;

	if (contain_inventory_take(0, CONTAIN_INVENTORY_FDS, &inv, &err) < 0) {
		fprintf(stderr, "16_lsns: %s\n", contain_error_message(err));
		contain_error_free(err);
		return 1;
	}
	if (!strcmp(option, "--json"))
		print_json(inv);
	else if (!strcmp(option, "--tree"))
		print_table(inv, strcmp(by, "owner") ? CONTAIN_TREE_PARENT : CONTAIN_TREE_OWNER);
	else
		print_table(inv, 0);
	contain_inventory_free(inv);
	return 0;
}
