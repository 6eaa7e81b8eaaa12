/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The words of mount(8): what each means, which are refused, and any text at all. */
#include "harness.h"

#include "mount/options.h"
#include "sys/uapi.h"

#include <contain/mount.h>
#include <libmount.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MS_NOSYMFOLLOW_ 256
#define ATTR_MS (MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NODIRATIME)

static const struct {
	uint32_t bit;
	const char *name;
} attrs[] = {
	{ MOUNT_ATTR_RDONLY, "ro" },
	{ MOUNT_ATTR_NOSUID, "nosuid" },
	{ MOUNT_ATTR_NODEV, "nodev" },
	{ MOUNT_ATTR_NOEXEC, "noexec" },
	{ MOUNT_ATTR_NOATIME, "noatime" },
	{ MOUNT_ATTR_STRICTATIME, "strictatime" },
	{ MOUNT_ATTR_NODIRATIME, "nodiratime" },
	{ MOUNT_ATTR_NOSYMFOLLOW, "nosymfollow" },
};

static size_t add_bits(char *text, size_t at, size_t size, const char *sign, uint32_t bits)
{
	for (size_t i = 0; i < sizeof(attrs) / sizeof(attrs[0]); i++)
		if (bits & attrs[i].bit)
			at += (size_t)snprintf(text + at, size - at, "%s%s ", sign, attrs[i].name);
	return at;
}

/* All of it in one line. */
static const char *told(const contain_mount_options *o)
{
	static char text[4096];
	size_t at = 0, size = sizeof(text);
	uint32_t p = contain_mount_options_propagation(o);

	at = add_bits(text, at, size, "r+", contain_mount_options_recursive_set(o));
	at = add_bits(text, at, size, "r-", contain_mount_options_recursive_clear(o));
	at = add_bits(text, at, size, "+", contain_mount_options_set(o));
	at = add_bits(text, at, size, "-", contain_mount_options_clear(o));
	if (contain_mount_options_bind(o))
		at += (size_t)snprintf(text + at, size - at, "bind%d ",
				       contain_mount_options_bind(o));
	if (p)
		at += (size_t)snprintf(text + at, size - at, "%s%s%s%s%s ",
				       contain_mount_options_propagation_recursive(o) ? "r" : "",
				       p & CONTAIN_PROPAGATION_SLAVE ? "slave" : "",
				       p & CONTAIN_PROPAGATION_SHARED ? "shared" : "",
				       p & CONTAIN_PROPAGATION_PRIVATE ? "private" : "",
				       p & CONTAIN_PROPAGATION_UNBINDABLE ? "unbindable" : "");
	if (contain_mount_options_idmap(o))
		at += (size_t)snprintf(text + at, size - at, "idmap%d(%s) ",
				       contain_mount_options_idmap(o),
				       contain_mount_options_idmap_text(o) ?
					       contain_mount_options_idmap_text(o) :
					       "");
	at += (size_t)snprintf(text + at, size - at, "%s%s",
			       contain_mount_options_copyup(o) ? "copyup " : "",
			       contain_mount_options_optional(o) ? "optional " : "");
	for (int i = 0; i < contain_mount_options_data_count(o); i++)
		at += (size_t)snprintf(text + at, size - at, "[%s] ",
				       contain_mount_options_data(o, i));
	text[at ? at - 1 : 0] = 0;
	return text;
}

static void is(const char *text, const char *expected)
{
	contain_mount_options *o = NULL;
	contain_error *e = NULL;
	int r = contain_mount_options_parse(text, &o, &e);

	T_CHECK(r == 0, "\"%s\": %s", text, contain_error_message(e));
	T_CHECK(!strcmp(told(o), expected), "\"%s\" is \"%s\", not \"%s\"", text, told(o),
		expected);
	contain_mount_options_free(o);
}

TEST(attributes)
{
	is("", "");
	is("defaults", "");
	is("ro", "+ro");
	is("rw", "-ro");
	is("ro,nosuid,nodev,noexec", "+ro +nosuid +nodev +noexec");
	is("rw,suid,dev,exec", "-ro -nosuid -nodev -noexec");
	is("nosymfollow,nodiratime", "+nodiratime +nosymfollow");
	is("symfollow,diratime", "-nodiratime -nosymfollow");
	is(",,ro,,nosuid,,", "+ro +nosuid");
	/* as mount(8): who may mount it cannot smuggle anything in */
	is("user", "+nosuid +nodev +noexec");
	is("users,exec", "+nosuid +nodev -noexec");
	is("owner", "+nosuid +nodev");
	is("group,dev", "+nosuid -nodev");
	is("user=bob,nouser,nousers,noowner,nogroup", "");
}

TEST(the_later_one_holds)
{
	is("ro,rw", "-ro");
	is("rw,ro", "+ro");
	is("nosuid,suid,nosuid", "+nosuid");
	is("nosymfollow,symfollow", "-nosymfollow");
	is("private,rshared", "rshared");
	is("slave,private", "private");
	is("unbindable,rslave", "rslave");
	is("idmap=0:1:1,ridmap", "idmap2()");
	is("ridmap,idmap=0:1:1", "idmap1(0:1:1)");
	is("idmap=0:1:1,idmap=0:2:1", "idmap1(0:2:1)");
}

TEST(access_times_are_one_choice)
{
	is("noatime", "+noatime -strictatime");
	is("strictatime", "+strictatime -noatime");
	is("relatime", "-noatime -strictatime");
	is("atime", "-noatime -strictatime");
	is("noatime,strictatime", "+strictatime -noatime");
	is("strictatime,noatime", "+noatime -strictatime");
	is("noatime,relatime", "-noatime -strictatime");
	is("noatime,atime", "-noatime -strictatime");
	is("strictatime,atime", "+strictatime -noatime"); /* not spoken of: it is no noatime */
	is("noatime,nostrictatime", "+noatime -strictatime");
	is("strictatime,nostrictatime", "-noatime -strictatime");
	is("norelatime", "");
	is("rnoatime", "r+noatime r-strictatime");
	is("noatime,rrelatime", "r-noatime r-strictatime");
}

TEST(recursive_attributes)
{
	is("rro,rnosuid,rnodev,rnoexec", "r+ro r+nosuid r+nodev r+noexec");
	is("rrw,rsuid,rdev,rexec", "r-ro r-nosuid r-nodev r-noexec");
	is("rnodiratime,rnosymfollow,rstrictatime",
	   "r+strictatime r+nodiratime r+nosymfollow r-noatime");
	is("rdiratime,rsymfollow,ratime", "r-noatime r-strictatime r-nodiratime r-nosymfollow");
	is("rrelatime,rnorelatime", "r-noatime r-strictatime");
	is("rro,rw", "r+ro -ro"); /* all but the top */
	is("rw,rro", "r+ro");	  /* the top too */
	is("rro,rrw", "r-ro");
	is("ro=recursive", "r+ro"); /* mount(8) 2.39 */
	is("rw=recursive,nosuid=recursive", "r+nosuid r-ro");
	is("ro=vfs", "+ro");
	is("ro=fs", "[ro]");
	is("rw=fs,nodev", "+nodev [rw]");
	is("ro=\"vfs,fs\"", "+ro [ro]");
	is("nosymfollow=recursive", "r+nosymfollow");
}

TEST(kinds_of_mounts)
{
	is("bind", "bind1");
	is("rbind", "bind2");
	is("rbind,bind", "bind2"); /* the flags are added up, as mount(8) does */
	is("bind,rbind,ro", "+ro bind2");
	is("shared", "shared");
	is("rprivate", "rprivate");
	is("runbindable", "runbindable");
	is("slave,shared", "slaveshared");
	is("rslave,rshared", "rslaveshared");
	is("shared,slave", "slave"); /* with no other peer what was shared is not seen any more */
	is("shared,slave,shared", "slaveshared");
	is("rbind,rslave,rro,nosuid", "r+ro +nosuid bind2 rslave");
	is("idmap", "idmap1()");
	is("bind,ridmap=0:100000:65536", "bind1 idmap2(0:100000:65536)");
	is("idmap=\"u:0:1:1,g:0:1:1\"", "idmap1(u:0:1:1,g:0:1:1)");
	is("X-mount.idmap=u:0:1:1 g:0:1:1", "idmap1(u:0:1:1 g:0:1:1)");
	is("copyup", "copyup");
	is("tmpcopyup,optional", "copyup optional");
	is("nofail", "optional");
}

TEST(options_of_the_file_system)
{
	is("size=1m,mode=0755", "[size=1m] [mode=0755]");
	is("size=1m,ro,huge", "+ro [size=1m] [huge]");
	is("context=\"a:b:c1,c2\",nodev", "+nodev [context=a:b:c1,c2]");
	is("a=\"\",b=,c", "[a=] [b=] [c]");
	is("a==b,c=d=e", "[a==b] [c=d=e]");
	is("sync,dirsync,lazytime,iversion", "[sync] [dirsync] [lazytime] [iversion]");
	is("async,nolazytime,noiversion", "[async] [nolazytime] [noiversion]");
	is("size=1,size=2", "[size=1] [size=2]");
	is("r,rx,rsize=8192,rs", "[r] [rx] [rsize=8192] [rs]");
	/* for others */
	is("auto,noauto,_netdev,comment=x,silent,loud,x-systemd.automount,X-any=1,x-", "");
	is("X-mount.mkdir=0755,X-mount.mkdir", "");
}

static void refused(const char *text, const char *word, const char *why)
{
	contain_mount_options *o = (contain_mount_options *)text;
	struct ct_mount_options in = { .bind = 77 };
	contain_error *e = NULL;
	char reason[300] = "";
	int r = contain_mount_options_parse(text, &o, &e);

	T_CHECK(r == -EINVAL && contain_error_code(e) == -EINVAL, "\"%s\": %d", text, r);
	T_CHECK((const char *)o == text, "the output is touched");
	ck_assert_str_eq(contain_error_op(e), "mount-options");
	ck_assert_str_eq(contain_error_object(e), word);
	ck_assert_int_eq(contain_error_phase(e), CONTAIN_PHASE_SPEC);
	T_CHECK(strstr(contain_error_hint(e), why), "\"%s\": %s", text, contain_error_message(e));
	contain_error_free(e);
	ck_assert_int_eq(ct_mount_options_parse(text, &in, reason, sizeof(reason)), -EINVAL);
	T_CHECK(in.bind == 77 && !in.data, "the output is touched");
	T_CHECK(strstr(reason, why), "\"%s\": %s", text, reason);
	ck_assert_int_eq(ct_mount_options_parse(text, &in, NULL, 0), -EINVAL);
}

TEST(refused_by_name)
{
	contain_error *e = NULL;
	contain_mount_options *o = NULL;

	refused("ro,loop", "loop", "loop device");
	refused("loop=/dev/loop0", "loop", "loop device");
	refused("offset=512", "offset", "loop devices");
	refused("sizelimit=512", "sizelimit", "loop devices");
	refused("encryption=x", "encryption", "loop devices");
	refused("verity.roothash=x", "verity.roothash", "verity device");
	refused("helper=x", "helper", "umount helper");
	refused("uhelper=x", "uhelper", "umount helper");
	refused("remount,ro", "remount", "new mount");
	refused("nosuid,X-mount.owner=1", "X-mount.owner", "mount(8) itself");
	refused("X-mount.subdir=a", "X-mount.subdir", "mount(8) itself");
	refused("X-mount.idmap", "X-mount.idmap", "needs a map");
	refused("idmap=", "idmap", "empty value");
	refused("bind=1", "bind", "takes no value");
	refused("private=1", "private", "takes no value");
	refused("nofail=1", "nofail", "takes no value");
	refused("copyup=1", "copyup", "takes no value");
	refused("rro=1", "rro", "takes no value");
	refused("rnosymfollow=1", "rnosymfollow", "takes no value");
	refused("ro=maybe", "ro", "no such value");
	refused("ro=", "ro", "empty value");
	refused("nosuid=fs", "nosuid", "only ro and rw");
	refused("ro=\"fs,recursive\"", "ro", "only ro and rw");
	refused("slave,rshared", "rshared", "both recursive or both not");
	refused("=x", "=x", "no option");
	refused("ro,\"a\"", "\"a\"", "no option");
	refused("ro,a=\"x,nosuid", "a=\"x,nosuid", "not closed");
	refused("sync=1", "sync", "takes no value");
	/* however much comes before it */
	refused("size=1m,idmap=0:1:1,huge=always,loop", "loop", "loop device");

	ck_assert_int_eq(contain_mount_options_parse(NULL, &o, &e), -EINVAL);
	ck_assert_str_eq(contain_error_object(e), "text");
	contain_error_free(e);
	ck_assert_int_eq(contain_mount_options_parse("ro", NULL, &e), -EINVAL);
	ck_assert_str_eq(contain_error_object(e), "ret_options");
	contain_error_free(e);
	T_CHECK(!o);
}

TEST(nothing_is_asked_of_null)
{
	contain_mount_options_free(NULL);
	ck_assert_uint_eq(contain_mount_options_set(NULL), 0);
	ck_assert_uint_eq(contain_mount_options_clear(NULL), 0);
	ck_assert_uint_eq(contain_mount_options_recursive_set(NULL), 0);
	ck_assert_uint_eq(contain_mount_options_recursive_clear(NULL), 0);
	ck_assert_int_eq(contain_mount_options_bind(NULL), -EINVAL);
	ck_assert_uint_eq(contain_mount_options_propagation(NULL), 0);
	ck_assert_int_eq(contain_mount_options_propagation_recursive(NULL), -EINVAL);
	ck_assert_int_eq(contain_mount_options_idmap(NULL), -EINVAL);
	T_CHECK(!contain_mount_options_idmap_text(NULL));
	ck_assert_int_eq(contain_mount_options_copyup(NULL), -EINVAL);
	ck_assert_int_eq(contain_mount_options_optional(NULL), -EINVAL);
	ck_assert_int_eq(contain_mount_options_data_count(NULL), -EINVAL);
	T_CHECK(!contain_mount_options_data(NULL, 0));
}

TEST(data_out_of_range)
{
	contain_mount_options *o = NULL;

	ck_assert_int_eq(contain_mount_options_parse("a,b", &o, NULL), 0);
	T_CHECK(!contain_mount_options_data(o, -1) && !contain_mount_options_data(o, 2));
	ck_assert_str_eq(contain_mount_options_data(o, 1), "b");
	contain_mount_options_free(o);
}

/* ---- libmount's own reading as the oracle ---- */

static uint32_t to_ms(const struct ct_mount_options *o)
{
	uint32_t ms = o->set & (ATTR_MS & ~(uint32_t)MS_NODIRATIME);

	if (o->set & MOUNT_ATTR_NODIRATIME)
		ms |= MS_NODIRATIME;
	return ms;
}

/* Words that both know, joined at random: the flags are the same. */
TEST(as_libmount_reads_them)
{
	static const char *const words[] = {
		"ro",	  "rw",	      "suid",	  "nosuid", "dev",    "nodev",	    "exec",
		"noexec", "diratime", "user",	  "users",  "nouser", "nodiratime", "owner",
		"group",  "size=1",   "defaults", "auto",   "nofail", "sync",	    "x-a",
	};
	const size_t n = sizeof(words) / sizeof(words[0]);
	unsigned seed = 7;

	for (long i = 0; i < t_sample(200000, 5000); i++) {
		struct ct_mount_options o = { 0 };
		unsigned long theirs = 0;
		char text[256] = "", why[200];

		for (int k = rand_r(&seed) % 10; k >= 0; k--) {
			strcat(text, words[(size_t)rand_r(&seed) % n]);
			strcat(text, k ? "," : "");
		}
		T_CHECK(!ct_mount_options_parse(text, &o, why, sizeof(why)), "%s: %s", text, why);
		ck_assert_int_eq(mnt_optstr_get_flags(text, &theirs,
						      mnt_get_builtin_optmap(MNT_LINUX_MAP)),
				 0);
		T_CHECK(to_ms(&o) == (theirs & ATTR_MS), "%s: 0x%x, libmount 0x%lx", text,
			to_ms(&o), theirs & ATTR_MS);
		T_CHECK(!(o.set & o.clear) && !(o.rset & o.rclear), "%s", text);
		ct_mount_options_release(&o);
	}
}

/* Every word of libmount's map is one of ours: none reaches the file system by mistake. */
TEST(every_word_of_the_map)
{
	const struct libmnt_optmap *e = mnt_get_builtin_optmap(MNT_LINUX_MAP);
	int n = 0;

	for (; e->name; e++, n++) {
		const unsigned sb = MS_SYNCHRONOUS | MS_DIRSYNC | MS_LAZYTIME | MS_I_VERSION | 64;
		struct ct_mount_options o = { 0 };
		int r = ct_mount_options_parse(e->name, &o, NULL, 0);

		T_CHECK(r == (e->id == MS_REMOUNT ? -EINVAL : 0), "%s: %d", e->name, r);
		T_CHECK(o.ndata == !!((unsigned)e->id & sb), "%s: %zu", e->name, o.ndata);
		ct_mount_options_release(&o);
	}
	T_CHECK(n >= 35, "%d", n);
}

/* ---- any text ---- */

static void invariants(const char *text, const struct ct_mount_options *o)
{
	const uint32_t pair = CONTAIN_PROPAGATION_SLAVE | CONTAIN_PROPAGATION_SHARED;

	T_CHECK(!(o->set & o->clear) && !(o->rset & o->rclear), "%s", text);
	T_CHECK(o->bind >= 0 && o->bind <= 2 && o->idmap >= 0 && o->idmap <= 2, "%s", text);
	T_CHECK(!o->idmap_text || (*o->idmap_text && o->idmap), "%s", text);
	T_CHECK(o->propagation == pair || !(o->propagation & (o->propagation - 1)), "%s", text);
	T_CHECK((o->set & (MOUNT_ATTR_NOATIME | MOUNT_ATTR_STRICTATIME)) !=
			(MOUNT_ATTR_NOATIME | MOUNT_ATTR_STRICTATIME),
		"%s", text);
	for (size_t i = 0; i < o->ndata; i++) {
		T_CHECK(*o->data[i] && *o->data[i] != '=' && !strcmp(o->data[i], "loop") == 0,
			"%s: %s", text, o->data[i]);
		T_CHECK(strlen(o->data[i]) <= strlen(text), "%s", text);
	}
	T_CHECK(!o->ndata || !o->data[o->ndata], "%s", text);
}

TEST_LIMIT(mutations, 120)
{
	static const char *const seeds[] = {
		"rw,nosuid,nodev,noexec,relatime,size=65536k,mode=755",
		"rbind,rro,rslave,idmap=0:100000:65536",
		"context=\"system_u:object_r:tmp_t:s0:c127,c456\",noexec",
		"slave,shared,ro=recursive,X-mount.idmap=\"u:0:1:1 g:0:1:1\"",
		"loop,offset=1,user=x,comment=\"a,b\",copyup,optional,nofail",
		"remount,bind,a==b,\"x\"=y,,=,lowerdir=/a\\,b:/c",
	};
	static const char alphabet[] = ",=\"\\rwro:xX-.n[]\n\xff\x01 ";
	unsigned seed = 20;
	long good = 0, bad = 0;

	for (long i = 0; i < t_sample(1000000, 20000); i++) {
		char text[200], why[300];
		struct ct_mount_options o = { 0 };
		size_t n;
		int r;

		snprintf(text, sizeof(text), "%s", seeds[(size_t)rand_r(&seed) % 6]);
		n = strlen(text);
		for (int k = rand_r(&seed) % 6; k >= 0; k--) {
			size_t at = (size_t)rand_r(&seed) % n, from = (size_t)rand_r(&seed) % n;

			switch (rand_r(&seed) % 4) {
			case 0:
				text[at] = alphabet[(size_t)rand_r(&seed) % (sizeof(alphabet) - 1)];
				break;
			case 1:
				text[at] = text[from];
				break;
			case 2:
				memmove(text + at, text + from, n - (at > from ? at : from));
				break;
			default:
				text[at] = 0;
				n = at ? at : 1;
			}
		}
		r = ct_mount_options_parse(text, &o, why, sizeof(why));
		T_CHECK(r == 0 || r == -EINVAL, "%s: %d", text, r);
		if (r == 0) {
			invariants(text, &o);
			good++;
		} else {
			T_CHECK(*why && !o.data && !o.idmap_text, "%s", text);
			bad++;
		}
		ct_mount_options_release(&o);
	}
	T_CHECK(good > 1000 && bad > 1000, "%ld good, %ld bad", good, bad);
	t_note("%ld taken, %ld refused", good, bad);
}

TEST(a_long_text)
{
	const size_t n = 200000;
	char *text = malloc(6 * n + 1);
	struct ct_mount_options o = { 0 };

	T_CHECK(text);
	for (size_t i = 0; i < n; i++)
		memcpy(text + 6 * i, i % 2 ? "nodev," : "a=123,", 7);
	ck_assert_int_eq(ct_mount_options_parse(text, &o, NULL, 0), 0);
	ck_assert_uint_eq(o.ndata, n / 2);
	ct_mount_options_release(&o);
	free(text);
}
