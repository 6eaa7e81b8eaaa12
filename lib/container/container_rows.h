/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The facade's own steps. */
#ifndef CT_CONTAINER_ROWS_H
#define CT_CONTAINER_ROWS_H

enum {
	CLONE,	 /* in the parent: the child that shares its memory */
	OWN,	 /* in the parent: contain-init, and by it the child */
	PAYLOAD, /* in an init: the payload */
	PIPES,	   /* in the parent: for stdio, before the child is made */
	PIPE_ENDS, /* in the parent: closes the payload's, which has them now */
	HANDOVER,  /* in the parent: the way for fds of the child to the caller */
	HANDED,	   /* in the parent: what has come */
	ROWS
};

#endif
