// A C++ program that uses the installed header and the shared library: cxx_program <address of a server>.
#include <mcclient/mcclient.h>

#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

mc_slice slice(const std::string &text) {
    return mc_bytes(text.data(), text.size());
}

void expect(mc_status wanted, mc_status status) {
    if (status != wanted)
        throw std::runtime_error(std::string(mc_status_name(status)) + ": " + mc_error_detail());
}

class cache {
  public:
    explicit cache(const char *address) : client_(nullptr, mc_client_free) {
        const char *hosts[] = {address, nullptr};
        mc_options  options = MC_OPTIONS_INIT;

        options.timeout_ms = 10000;
        client_.reset(mc_client_new_with_options(hosts, nullptr, &options));
        if (!client_)
            throw std::runtime_error(mc_error_detail());
    }

    void set(const std::string &key, const std::string &value) {
        expect(MC_OK, mc_set(client_.get(), slice(key), slice(value), 0, 0));
    }

    std::string get(const std::string &key) {
        mc_value    value = MC_VALUE_INIT;
        std::string result;

        expect(MC_OK, mc_get(client_.get(), slice(key), &value));
        result.assign(value.data, value.len);
        mc_value_clear(&value);
        return result;
    }

    std::vector<std::string> get_all(const std::vector<std::string> &keys) {
        std::vector<mc_slice>    slices;
        std::vector<std::string> found;
        mc_results               results = MC_RESULTS_INIT;

        for (const auto &key : keys)
            slices.push_back(slice(key));
        expect(MC_OK, mc_get_multi(client_.get(), slices.data(), slices.size(), &results));
        for (size_t i = 0; i < results.count; i++)
            found.emplace_back(results.items[i].value.data, results.items[i].value.len);
        mc_results_clear(&results);
        return found;
    }

  private:
    std::unique_ptr<mc_client, void (*)(mc_client *)> client_;
};

void use(cache &shared, int number) {
    for (int i = 0; i < 100; i++) {
        std::string key = "cxx-" + std::to_string(number) + "-" + std::to_string(i);

        shared.set(key, key + std::string(1, '\0') + "value");
        if (shared.get(key) != key + std::string(1, '\0') + "value")
            throw std::runtime_error("another value");
    }
}

} // namespace

int main(int argc, char **argv) try {
    if (argc != 2)
        throw std::runtime_error("give the address of a server");
    cache                    shared(argv[1]);
    std::vector<std::thread> threads;
    int                      failures[4] = {};

    for (int i = 0; i < 4; i++)
        threads.emplace_back([&shared, &failures, i] {
            try {
                use(shared, i);
            } catch (const std::exception &error) {
                std::fprintf(stderr, "%s\n", error.what());
                failures[i] = 1;
            }
        });
    for (auto &thread : threads)
        thread.join();
    shared.set("a", "1");
    shared.set("b", "2");
    if (shared.get_all({"b", "a", "b"}) != std::vector<std::string>{"2", "1", "2"})
        throw std::runtime_error("another value");
    return failures[0] + failures[1] + failures[2] + failures[3];
} catch (const std::exception &error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
