/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A host in C++: owners that free by themselves, threads of the standard library, and exceptions
 * that pass through frames which hold plans and containers, while other threads throw, too.
 * Prints TAP; nothing of the test harness, which is C.
 */
#include <contain/contain.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <memory>
#include <signal.h>
#include <spawn.h>
#include <stdexcept>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace
{

template <auto free_> struct Freed {
	template <class T> void operator()(T *p) const { free_(p); }
};
template <class T, auto free_> using Owner = std::unique_ptr<T, Freed<free_>>;
using Error = Owner<contain_error, contain_error_free>;
using Spec = Owner<container_spec, container_spec_free>;
using Plan = Owner<container_plan, container_plan_free>;
using Overrides = Owner<container_overrides, container_overrides_free>;
using Exit = Owner<container_exit, container_exit_free>;

struct ContainError : std::runtime_error {
	int code;
	ContainError(int result, const Error &e)
		: std::runtime_error(contain_error_message(e.get())), code(-result)
	{
	}
};

/* Takes the error of a call that failed, and throws it. */
void check(int result, contain_error *e)
{
	Error owned(e);

	if (result < 0)
		throw ContainError(result, owned);
}

/* Ends with its scope: what still runs then is killed. */
class Container
{
	container *c = nullptr;

public:
	Container(const Plan &plan, const std::vector<std::string> &argv)
	{
		std::vector<const char *> words;
		container_overrides *o = nullptr;
		contain_error *e = nullptr;

		for (const auto &w : argv)
			words.push_back(w.c_str());
		words.push_back(nullptr);
		check(container_overrides_new(&o), nullptr);
		Overrides owned(o);
		check(container_overrides_set_argv(o, words.data()), nullptr);
		check(container_plan_spawn(plan.get(), o, &c, &e), e);
	}
	Container(const Container &) = delete;
	Container &operator=(const Container &) = delete;
	~Container()
	{
		container_delete(c, -1, nullptr);
		container_free(c);
	}
	int wait()
	{
		container_exit *x = nullptr;
		contain_error *e = nullptr;

		check(container_wait(c, -1, &x, &e), e);
		return container_exit_code(Exit(x).get());
	}
};

std::atomic<bool> stop{ false };
std::atomic<int> right{ 0 }, wrong{ 0 }, thrown{ 0 }, programs{ 0 };
std::atomic<unsigned long> caught{ 0 }, computed{ 0 };

Plan make_plan(const std::string &root)
{
	container_spec *spec = nullptr;
	container_plan *plan = nullptr;
	contain_error *e = nullptr;

	check(container_spec_new(&spec), nullptr);
	Spec owned(spec);
	container_spec_set_root_dir(spec, AT_FDCWD, root.c_str(), CONTAIN_ROOT_READONLY);
	container_spec_set_default_mounts(spec, 0);
	container_spec_set_namespaces(spec, CONTAIN_NS_MNT | CONTAIN_NS_PID);
	check(container_plan_compile(spec, &plan, &e), e);
	return Plan(plan);
}

/* One start in eight throws where a container runs; one in eight cannot start. */
void one(const Plan &plan, int i)
{
	const int code = i * 13 % 256;

	try {
		if (i % 8 == 3) {
			Container running(plan, { "/bin/job", "sleep" });
			throw std::string("out of here");
		}
		Container c(plan, { i % 8 == 6 ? "/bin/nosuch" : "/bin/job", "exit",
				    std::to_string(code) });
		(c.wait() == code && i % 8 != 6 ? right : wrong)++;
	} catch (const ContainError &e) {
		(i % 8 == 6 && e.code == ENOENT ? right : wrong)++;
		thrown++;
	} catch (const std::string &) {
		(i % 8 == 3 ? right : wrong)++;
		thrown++;
	}
}

void program(int i)
{
	std::string code = std::to_string(i % 256);
	char *argv[] = { const_cast<char *>("job"), const_cast<char *>("exit"), code.data(),
			 nullptr };
	int status = -1;
	pid_t pid;

	if (posix_spawn(&pid, H_JOB, nullptr, nullptr, argv, environ) == 0 &&
	    waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == i % 256)
		programs++;
	else
		wrong++;
}

void throw_all_the_time()
{
	while (!stop) {
		try {
			std::vector<int>(3).at(caught % 3 + 3);
		} catch (const std::out_of_range &) {
			caught++;
		}
	}
}

void compute()
{
	while (!stop)
		computed += std::string(1000, 'x').size() / 1000;
}

long entries(const char *dir)
{
	std::error_code none;
	long n = 0;

	for ([[maybe_unused]] const auto &e : std::filesystem::directory_iterator(dir, none))
		n++;
	return n;
}

void run(const std::string &root, int n)
{
	Plan plan = make_plan(root);
	std::vector<std::thread> noise, workers;

	noise.emplace_back(throw_all_the_time);
	noise.emplace_back(compute);
	for (int t = 0; t < 8; t++)
		workers.emplace_back([&plan, n, t] {
			for (int i = t; i < n; i += 8) {
				one(plan, i / 8 + t);
				if (i % 16 < 2)
					program(i);
			}
		});
	for (auto &w : workers)
		w.join();
	stop = true;
	for (auto &t : noise)
		t.join();
}

int count_of(const char *long_runs)
{
	if (std::getenv("T_GUEST"))
		return 64;
	return long_runs && *long_runs == '1' ? 1000 : 200;
}

int failures, results;

void result(bool ok, const char *name)
{
	failures += !ok;
	std::printf("%sok %d - %s\n", ok ? "" : "not ", ++results, name);
}

} // namespace

int main()
{
	const int n = count_of(std::getenv("LONG"));
	char root[] = "/tmp/cxx-host.XXXXXX";

	if (geteuid() != 0 || !mkdtemp(root)) {
		std::puts("1..0 # SKIP needs root and a directory in /tmp");
		return 0;
	}
	const std::string bin = std::string(root) + "/bin";
	std::filesystem::create_directory(bin);
	std::filesystem::copy_file(H_JOB, bin + "/job");
	std::thread([] {}).join(); /* what comes with the first one stays */
	const long fds = entries("/proc/self/fd"), threads = entries("/proc/self/task");
	try {
		run(root, n);
		result(true, "no exception escaped");
	} catch (const std::exception &e) {
		std::printf("# %s\n", e.what());
		result(false, "no exception escaped");
	}
	result(wrong == 0 && right == n, "every container told its status");
	result(thrown > n / 8 && programs > 0, "exceptions and programs came between");
	result(caught > 0 && computed > 0, "other threads went on");
	result(entries("/proc/self/fd") == fds, "no fd is left");
	for (int i = 0; i < 200 && entries("/proc/self/task") > threads; i++)
		usleep(10000); /* one that was joined may still be on its way out */
	result(entries("/proc/self/task") == threads, "no thread is left");
	result(waitpid(-1, nullptr, WNOHANG) == -1 && errno == ECHILD, "no child is left");
	std::printf("# %d containers, %d of them thrown, %d programs, %lu other exceptions\n",
		    right.load(), thrown.load(), programs.load(), caught.load());
	std::filesystem::remove_all(root);
	std::printf("1..%d\n", results);
	return failures != 0;
}
