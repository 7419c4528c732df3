// server/publish/put_right.cpp: how often published documents had to be put right.
#include "server/publish/put_right.h"

#include <string>

namespace herald::server {

void PutRight::count(const packages::Package& package, const packages::Admitted& document) {
    const auto names = package.tolerances();
    for (std::size_t bit = 0; bit < names.size(); ++bit) {
        if ((document.put_right >> bit & 1U) == 0) continue;
        auto& counter = counters_[{&package, names[bit]}];
        if (counter == nullptr) {
            counter = &metrics_.counter(
                "herald_documents_put_right_total",
                "Published documents that were not as their format wants it, and were taken",
                {{"package", std::string(package.profile().event)},
                 {"what", std::string(names[bit])}});
        }
        counter->add();
    }
}

}  // namespace herald::server
