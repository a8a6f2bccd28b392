// SPDX-License-Identifier: MIT
#pragma once

// A doubly linked list whose hooks live in its members, so that joining, leaving and moving cost a few pointer writes
// and no allocation. A hook leaves its list when it is destroyed; the list does not own its members.
// Thread: the core's.

#include <cstddef>

namespace roost::core {

template <typename T>
class IntrusiveList {
 public:
  class Hook {
   public:
    explicit Hook(T& owner) : owner_(&owner) {}
    ~Hook() { leave(); }
    Hook(const Hook&) = delete;
    Hook& operator=(const Hook&) = delete;

    [[nodiscard]] bool joined() const { return next_ != nullptr; }
    void leave() {
      if (!joined()) return;
      previous_->next_ = next_;
      next_->previous_ = previous_;
      previous_ = next_ = nullptr;
    }

   private:
    friend class IntrusiveList;
    Hook() = default;   // the list's own end
    T* owner_ = nullptr;
    Hook* previous_ = nullptr;
    Hook* next_ = nullptr;
  };

  IntrusiveList() { end_.previous_ = end_.next_ = &end_; }
  ~IntrusiveList() {
    while (end_.next_ != &end_) end_.next_->leave();
    end_.previous_ = end_.next_ = nullptr;
  }
  IntrusiveList(const IntrusiveList&) = delete;
  IntrusiveList& operator=(const IntrusiveList&) = delete;

  [[nodiscard]] bool empty() const { return end_.next_ == &end_; }
  [[nodiscard]] T* front() const { return empty() ? nullptr : end_.next_->owner_; }
  [[nodiscard]] T* back() const { return empty() ? nullptr : end_.previous_->owner_; }

  // A hook that is in a list leaves it first.
  void push_back(Hook& hook) {
    hook.leave();
    hook.previous_ = end_.previous_;
    hook.next_ = &end_;
    end_.previous_->next_ = &hook;
    end_.previous_ = &hook;
  }

 private:
  Hook end_;
};

}  // namespace roost::core
