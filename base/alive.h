// base/alive.h: callbacks that may outlive the object they are for.
#pragma once

#include <memory>
#include <utility>

namespace herald::base {

/// A member of an object that hands out callbacks which somebody else keeps: a timer, a resolver,
/// a store. The rule of the house: such a callback holds an id (looked up when it runs) or is made
/// by guard(), never a bare pointer. Belongs to one thread. Declare it last, so that it goes first.
///
///     locator_.locate(uri, alive_.guard([id](Relay& relay, Result<Targets> found) { ... }));
template <class Object>
class Alive {
public:
    explicit Alive(Object& object) : object_(std::make_shared<Object*>(&object)) {}
    ~Alive() { *object_ = nullptr; }
    Alive(const Alive&) = delete;
    Alive& operator=(const Alive&) = delete;

    /// A callable that runs `work(object, arguments...)` as long as the object lives, and does
    /// nothing after that.
    template <class Work>
    auto guard(Work work) const {
        return [object = object_, work = std::move(work)](auto&&... arguments) mutable {
            if (*object) work(**object, std::forward<decltype(arguments)>(arguments)...);
        };
    }

private:
    std::shared_ptr<Object*> object_;
};

}  // namespace herald::base
