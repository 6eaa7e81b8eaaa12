/* SPDX-License-Identifier: MIT-0 */
/*
 * What can this machine do, for whoever runs this? As text, or as JSON for programs:
 *
 *	05_features
 *	05_features --json
 *	05_features openat2 landlock	exit status 0 where all of them are available
 *
 * Run it as root and as an ordinary user: the answers differ, and the reasons say why.
 */
#include <contain/feature.h>

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* 1 where the caller can use the feature of that name; says so either way. */
static int ask(const contain_feature_report *report, const char *name)
{
	const char *reason;
	uint32_t i;

	for (i = 0; i < contain_feature_count(); i++)
		if (!strcmp(name, contain_feature_name(i)))
			break;
	if (i == contain_feature_count()) {
		fprintf(stderr, "%s: no such feature; without arguments all are listed\n", name);
		return 0;
	}
	reason = contain_feature_reason(report, i);
	printf("%s: %s%s%s\n", name, contain_feature_available(report, i) ? "yes" : "no",
	       reason ? ", " : "", reason ? reason : "");
	return contain_feature_available(report, i);
}

int main(int argc, char **argv)
{
	contain_feature_report *report = NULL;
	int i, all = 1;
	int r = contain_feature_report_new(&report);

	if (r == 0 && argc == 1) {
		r = contain_feature_report_write_text(report, STDOUT_FILENO);
	} else if (r == 0 && argc == 2 && !strcmp(argv[1], "--json")) {
		r = contain_feature_report_write_json(report, STDOUT_FILENO);
	} else if (r == 0) {
		for (i = 1; i < argc; i++)
			all &= ask(report, argv[i]);
	}
	contain_feature_report_free(report);
	if (r < 0) {
		fprintf(stderr, "features: %s\n", strerror(-r));
		return 2;
	}
	return all ? 0 : 1;
}
