// server/provisioning/job_order.cpp: what an operator orders, and the job it becomes.
#include "server/provisioning/job_order.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/text_map.h"

namespace herald::server {

namespace {

constexpr std::size_t kLongestAgentShown = 200;

/// What devices are told, one entry for each User-Agent.
class Models {
public:
    Models(const JobOrder& order, const Config& config)
        : action_(order.action),
          recipes_(config.provisioning_recipes),
          custom_(std::make_shared<const DeviceNotice>(order.custom)) {}

    /// Index of the entry. Faults: malformed, where no recipe says how.
    Result<std::uint32_t> of(const std::string& user_agent) {
        const auto next = static_cast<std::uint32_t>(all_.size());
        const auto [place, is_new] = indices_.try_emplace(user_agent, next);
        if (!is_new) return place->second;
        auto notice = notice_for(user_agent);
        if (!notice) return notice.fault();
        all_.push_back({user_agent, *std::move(notice)});
        return next;
    }
    std::vector<JobModel> take() { return std::move(all_); }

private:
    using Notice = std::shared_ptr<const DeviceNotice>;

    Result<Notice> notice_for(const std::string& user_agent) {
        if (action_ == "custom") return custom_;
        const auto* recipe = recipe_for(recipes_, action_, user_agent);
        if (!recipe) {
            return Fault{FaultKind::malformed,
                         "No recipe says how \"" + user_agent + "\" is told to " + action_};
        }
        auto& notice = by_recipe_[recipe];
        if (!notice)
            notice = std::make_shared<const DeviceNotice>(
                DeviceNotice{recipe->event, recipe->type, recipe->body});
        return notice;
    }

    const std::string& action_;
    const std::vector<Recipe>& recipes_;
    const Notice custom_;
    std::vector<JobModel> all_;
    base::TextMap<std::uint32_t> indices_;
    std::map<const Recipe*, Notice> by_recipe_;
};

/// Without its devices.
std::unique_ptr<Job> empty_job(const JobOrder& order, const Context& context) {
    const auto& config = context.config;
    const auto now = context.wall();
    const auto retry_for = order.retry_for == 0 ? config.provisioning_retry_for : order.retry_for;
    auto job = std::make_unique<Job>();
    job->id = order.id;
    job->address = address_of_job(order.id);
    job->row = store::row_number(bucket_of(context.home.bucket_key, job->address), order.id);
    job->action = order.action;
    job->rate = order.rate == 0 ? config.provisioning_rate : order.rate;
    job->most_attempts = order.most_attempts;
    job->retry_every = order.retry_every;
    job->window = order.window;
    job->created = now;
    job->start_at = std::max(now, order.start_at);
    job->retry_until = job->start_at + std::chrono::seconds(retry_for);
    return job;
}

}  // namespace

Status check(const JobOrder& order, const JobLoad& load, const Config& config) {
    const auto count = order.devices.size();
    const bool is_anybody_there =
        std::any_of(order.devices.begin(), order.devices.end(),
                    [](const FoundDevice& device) { return !device.contact.empty(); });
    if (!is_anybody_there)
        return Fault{FaultKind::not_found, "No registered device is among those selected"};
    if (count > config.provisioning_confirm_above && order.confirm != count) {
        return Fault{FaultKind::conflict,
                     "This tells " + std::to_string(count) +
                         " devices: if that is meant, say \"confirm\": " + std::to_string(count)};
    }
    if (load.devices + count > config.provisioning_max_devices) {
        return Fault{FaultKind::limit_reached,
                     "Jobs hold " + std::to_string(load.devices) +
                         " devices already; provisioning.max_devices is the limit"};
    }
    if (load.jobs >= config.provisioning_max_jobs)
        return Fault{FaultKind::limit_reached,
                     "provisioning.max_jobs jobs are under way; cancel one"};
    return {};
}

Result<std::unique_ptr<Job>> job_of(JobOrder order, const Context& context) {
    auto job = empty_job(order, context);
    Models models(order, context.config);
    job->devices.reserve(order.devices.size());
    for (auto& found : order.devices) {
        if (found.user_agent.size() > kLongestAgentShown)
            found.user_agent.resize(kLongestAgentShown);
        const auto model = models.of(found.user_agent);
        if (!model) return model.fault();
        JobDevice device;
        device.row = context.new_row(job->address);
        device.where = DevicePlace(found.aor, found.contact, found.instance);
        device.model = *model;
        device.at = job->created;
        job->devices.push_back(std::move(device));
    }
    job->models = models.take();
    return job;
}

}  // namespace herald::server
