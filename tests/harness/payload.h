/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Commands of the payload that are in files of their own. */
#ifndef T_PAYLOAD_H
#define T_PAYLOAD_H

int cmd_at(char **arg);
int cmd_bomb(char **arg);
int cmd_burn(char **arg);
int cmd_call(char **arg);
int cmd_call32(char **arg);
int cmd_regroup(char **arg);
int cmd_connect(char **arg);
int cmd_disk(char **arg);
int cmd_drop(char **arg);
int cmd_fork(char **arg);
int cmd_huge(char **arg);
int cmd_hunt(char **arg);
int cmd_inject(char **arg);
int cmd_orphans(char **arg);
int cmd_rewrite(char **arg);
int cmd_run(char **arg);
int cmd_seize(char **arg);
int cmd_stalk(char **arg);
int cmd_sums(char **arg);
int cmd_ttl(char **arg);
int cmd_to(char **arg);
int cmd_usurp(char **arg);

#endif
