/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The root, and what is mounted and made in it. */
#include "mix.h"

#include <sys/statfs.h>
#include <sys/statvfs.h>

#ifndef ST_NOSYMFOLLOW
#define ST_NOSYMFOLLOW 0x2000
#endif
#ifndef ST_RELATIME
#define ST_RELATIME 0x1000
#endif

#define OVERLAY 0x794c7630
#define TMPFS 0x1021994

/* ---- what stat says ---- */

enum { AS_INODE = 1, AS_FLAGS = 2, AS_TYPE = 4, AS_MODE = 8, AS_RDONLY = 16 };

struct seen {
	unsigned int mode, dev;
	unsigned long ino, fs, flags;
	long long size;
};

static int read_seen(const char *text, struct seen *s)
{
	return sscanf(text, "mode %o uid %*u gid %*u size %lld dev %x ino %lu rdev %*s fs %lx "
			    "flags %lx", &s->mode, &s->size, &s->dev, &s->ino, &s->fs,
		      &s->flags) == 6;
}

/* arg: what is looked at, then device and inode, then flags, then mode or type */
static void check_stat(struct mix *m, const struct mix_section *s, const char *text)
{
	uint64_t what = s->arg[0];
	struct seen seen;

	if (!read_seen(text, &seen)) {
		mix_differs(m, "%s: %s", s->command, text);
		return;
	}
	if (what & AS_INODE && (seen.ino != s->arg[1]))
		mix_differs(m, "%s: inode %lu, asked %llu", s->command, seen.ino,
			    (unsigned long long)s->arg[1]);
	if (what & AS_FLAGS && (seen.flags & ~0x20UL) != s->arg[2])
		mix_differs(m, "%s: flags %lx, asked %llx", s->command, seen.flags,
			    (unsigned long long)s->arg[2]);
	if (what & AS_RDONLY && !(seen.flags & ST_RDONLY) != !s->arg[2])
		mix_differs(m, "%s: flags %lx, asked read-only %d", s->command, seen.flags,
			    s->arg[2] != 0);
	if (what & AS_TYPE && seen.fs != s->arg[3])
		mix_differs(m, "%s: type %lx, asked %llx", s->command, seen.fs,
			    (unsigned long long)s->arg[3]);
	if (what & AS_MODE && (seen.mode & 07777) != s->arg[3])
		mix_differs(m, "%s: mode %o, asked %llo", s->command, seen.mode,
			    (unsigned long long)s->arg[3]);
}

static struct mix_section *stat_section(struct mix *m, const char *path, uint64_t what)
{
	struct mix_section *s = mix_section(m, t_fmt("stat%d", m->sections),
					    t_fmt("stat %s", path));

	s->check = check_stat;
	s->arg[0] = what;
	return s;
}

/* ---- the root ---- */

/* A copy of the image for each process: who spawns owns it. */
static const char *image(void)
{
	static pid_t owner;
	const char *root = ts_root();

	if (owner == getpid())
		return root;
	owner = getpid();
	T_SYS(mkdir(t_fmt("%s/mix", root), 0755));
	for (int i = 0; i < 8; i++) {
		T_SYS(mkdir(t_fmt("%s/mix/d%d", root, i), 0755));
		t_write_file(t_fmt("%s/mix/f%d", root, i), "of the image\n");
		/* sources of binds */
		T_SYS(mkdir(t_fmt("%s/../s%d", root, i), 0755));
		t_write_file(t_fmt("%s/../s%d/file", root, i), t_fmt("source %d\n", i));
	}
	T_SYS(mkdir(t_fmt("%s/../layer", root), 0755));
	t_write_file(t_fmt("%s/../layer/on-top", root), "on top\n");
	t_write_file(t_fmt("%s/mix-payload", root), "");
	return root;
}

static void root_dir(struct mix *m, struct mix_section *s, uint32_t flags)
{
	struct stat st;

	T_SYS(stat(image(), &st));
	mix_set(m, container_spec_set_root_dir(m->spec, AT_FDCWD, image(), flags), "root_dir");
	s->arg[0] |= AS_INODE;
	s->arg[1] = st.st_ino;
}

static void root_overlay(struct mix *m, struct mix_section *s, uint32_t flags)
{
	const char *lower[] = { image(), NULL, NULL };

	if (flags || mix_one_in(m, 2)) {
		lower[0] = t_fmt("%s/../layer", image());
		lower[1] = image();
		mix_want(mix_section(m, "layer", "read /on-top"), "on top\n");
	}
	mix_set(m, container_spec_set_root_overlay(m->spec, AT_FDCWD, lower, 0, flags),
		"root_overlay");
	s->arg[0] |= AS_TYPE;
	s->arg[3] = OVERLAY;
	m->own_root = 1;
}

static void in_memory(struct mix *m)
{
	m->payload_bind = 1;
	m->own_root = 1;
	mix_set(m, container_spec_add_bind(m->spec, AT_FDCWD, T_PAYLOAD, "/mix-payload",
					   CONTAIN_MOUNT_READONLY), "bind of the payload");
}

void mix_root(struct mix *m)
{
	static const char *const kinds[] = { "dir", "dir", "overlay", "overlay", "tmpfs", "host" };
	uint32_t kind = mix_pick(m, m->as_user ? 5 : 24), flags = 0;
	struct mix_section *s = stat_section(m, "/", AS_RDONLY);

	kind = m->as_user || kind > 4 ? kind % 5 : 5;
	if (m->shifted && (kind == 2 || kind == 3))
		kind = 0; /* the image is not theirs to write, a union of it neither */
	if (kind < 4 && mix_one_in(m, 3))
		flags = CONTAIN_ROOT_READONLY;
	mix_say(m, "root %s%s", kinds[kind], flags ? ", read-only" : "");
	s->arg[2] = flags != 0;
	if (kind < 2) {
		root_dir(m, s, flags);
	} else if (kind < 4) {
		root_overlay(m, s, flags);
	} else if (kind == 4) {
		mix_set(m, container_spec_set_root_tmpfs(m->spec, 1 << 24), "root_tmpfs");
		s->arg[0] |= AS_TYPE;
		s->arg[3] = TMPFS;
		in_memory(m);
	} else {
		image();
		mix_set(m, container_spec_set_root_host(m->spec, 0, 0), "root_host");
		in_memory(m);
	}
	m->own_root = m->own_root && !flags;
	if (kind < 2 && !flags && !m->shifted)
		m->own_root = 1;
}

/* ---- mounts ---- */

/* A place for a directory (or file): one of the image's, or, where that can be made, a new one. */
static const char *target(struct mix *m, int is_file)
{
	int n = m->targets++;

	if (m->own_root && (m->payload_bind || mix_one_in(m, 2)))
		return t_fmt("/mix-new/%c%d/deep", "df"[is_file], n);
	return m->payload_bind ? t_fmt("/mix-new/%d", n) : t_fmt("/mix/%c%d", "df"[is_file], n);
}

/* statfs(2)'s flags for the attributes asked for, on a mount that has @host. */
static uint64_t flags_of(uint64_t host, uint32_t asked)
{
	uint64_t f = host & (ST_RDONLY | ST_NOSUID | ST_NODEV | ST_NOEXEC | ST_NOATIME |
			     ST_NODIRATIME | ST_RELATIME | ST_NOSYMFOLLOW);

	f |= asked & CONTAIN_MOUNT_READONLY ? ST_RDONLY : 0;
	f |= asked & CONTAIN_MOUNT_NOSUID ? ST_NOSUID : 0;
	f |= asked & CONTAIN_MOUNT_NODEV ? ST_NODEV : 0;
	f |= asked & CONTAIN_MOUNT_NOEXEC ? ST_NOEXEC : 0;
	f |= asked & CONTAIN_MOUNT_NOSYMFOLLOW ? ST_NOSYMFOLLOW : 0;
	f |= asked & CONTAIN_MOUNT_NODIRATIME ? ST_NODIRATIME : 0;
	if (asked & (CONTAIN_MOUNT_NOATIME | CONTAIN_MOUNT_STRICTATIME))
		f &= ~(uint64_t)(ST_RELATIME | ST_NOATIME);
	f |= asked & CONTAIN_MOUNT_NOATIME ? ST_NOATIME : 0;
	return f;
}

static uint32_t attributes(struct mix *m)
{
	static const uint32_t some[] = { CONTAIN_MOUNT_READONLY, CONTAIN_MOUNT_NOSUID,
					 CONTAIN_MOUNT_NODEV, CONTAIN_MOUNT_NOEXEC,
					 CONTAIN_MOUNT_NOSYMFOLLOW };
	uint32_t flags = 0;

	for (size_t i = 0; i < sizeof(some) / sizeof(some[0]); i++)
		if (mix_one_in(m, 3))
			flags |= some[i];
	/* the time of access of a mount of the host is locked in a user namespace */
	if (!m->has_user_ns && mix_one_in(m, 4))
		flags |= mix_one_in(m, 2) ? CONTAIN_MOUNT_NOATIME : CONTAIN_MOUNT_STRICTATIME;
	if (!m->has_user_ns && mix_one_in(m, 4))
		flags |= CONTAIN_MOUNT_NODIRATIME;
	return flags;
}

static void add_bind(struct mix *m)
{
	int is_file = mix_one_in(m, 3), from = (int)mix_pick(m, 8);
	uint32_t flags = attributes(m);
	const char *source = t_fmt(is_file ? "%s/../s%d/file" : "%s/../s%d", image(), from);
	const char *to = target(m, is_file);
	struct mix_section *s;
	struct stat st;
	struct statvfs fs;

	T_SYS(stat(source, &st));
	T_SYS(statvfs(source, &fs));
	mix_say(m, "bind of s%d%s at %s, flags %x", from, is_file ? "/file" : "", to, flags);
	if (m->over && mix_one_in(m, 2))
		mix_set(m, container_overrides_add_bind(m->over, AT_FDCWD, source, to, flags),
			"bind");
	else
		mix_set(m, container_spec_add_bind(m->spec, AT_FDCWD, source, to, flags), "bind");
	s = stat_section(m, to, AS_INODE | AS_FLAGS);
	s->arg[1] = st.st_ino;
	s->arg[2] = flags_of(fs.f_flag, flags);
	mix_want(mix_section(m, t_fmt("read%d", m->sections),
			     t_fmt(is_file ? "read %s" : "read %s/file", to)),
		 "source %d\n", from);
}

static void add_tmpfs(struct mix *m)
{
	uint32_t mode = 0700 | mix_pick(m, 0100);
	const char *to = target(m, 0);
	struct mix_section *s;

	mix_say(m, "tmpfs at %s, mode %o", to, mode);
	mix_set(m, container_spec_add_tmpfs(m->spec, to, 1 << 20, mode), "tmpfs");
	s = stat_section(m, to, AS_MODE | AS_FLAGS);
	s->arg[2] = ST_NOSUID | ST_NODEV | ST_RELATIME;
	s->arg[3] = mode;
}

static void add_file(struct mix *m)
{
	const char *to = target(m, 1), *text = t_fmt("made %u\n", mix_pick(m, 100000));
	uint32_t mode = 0444 | mix_pick(m, 01000);
	struct mix_section *s;

	mix_say(m, "file %s, mode %o", to, mode);
	mix_set(m, container_spec_add_file(m->spec, to, text, strlen(text), mode), "file");
	mix_want(mix_section(m, t_fmt("read%d", m->sections), t_fmt("read %s", to)), "%s", text);
	s = stat_section(m, to, AS_MODE);
	s->arg[3] = mode;
}

static void add_made(struct mix *m)
{
	const char *to;
	struct mix_section *s;

	if (!m->own_root)
		return;
	to = t_fmt("/mix-made/%u", mix_pick(m, 1U << 30));
	if (mix_one_in(m, 2)) {
		mix_say(m, "symlink %s", to);
		mix_set(m, container_spec_add_symlink(m->spec, "some/where", to), "symlink");
		s = stat_section(m, to, AS_MODE);
		s->arg[3] = 0777;
		return;
	}
	mix_say(m, "directory %s", to);
	mix_set(m, container_spec_add_dir(m->spec, to, 01755), "dir");
	s = stat_section(m, to, AS_MODE);
	s->arg[3] = 01755;
}

/* Over what the image has. */
static void hide(struct mix *m)
{
	struct mix_section *s;

	if (m->payload_bind)
		return;
	if (mix_one_in(m, 3)) {
		mix_say(m, "masked /etc/group and /home");
		mix_set(m, container_spec_add_masked_path(m->spec, "/etc/group"), "masked path");
		mix_set(m, container_spec_add_masked_path(m->spec, "/home"), "masked path");
		mix_section(m, "masked-file", "read /etc/group");
		mix_section(m, "masked-dir", "list /home");
		s = stat_section(m, "/home", AS_RDONLY);
		s->arg[2] = 1;
	}
	if (mix_one_in(m, 3)) {
		mix_say(m, "read-only /usr");
		mix_set(m, container_spec_add_readonly_path(m->spec, "/usr"), "read-only path");
		s = stat_section(m, "/usr", AS_RDONLY);
		s->arg[2] = 1;
	}
}

void mix_mounts(struct mix *m)
{
	static void (*const adders[])(struct mix *) = { add_bind, add_bind, add_tmpfs, add_file,
							add_made };
	int n = (int)mix_pick(m, 6);

	for (int i = 0; i < n; i++)
		adders[mix_pick(m, 5)](m);
	hide(m);
	mix_section(m, "tmp", "list /tmp");
	stat_section(m, "/proc", AS_TYPE)->arg[3] = 0x9fa0;
	stat_section(m, "/tmp", AS_TYPE)->arg[3] = TMPFS;
}
