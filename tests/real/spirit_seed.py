"""Runs inside Spirit's own environment: writes topics and comments through Spirit's own forms.

Reads one request as JSON from standard input, prints the answer as JSON on the last line.
"""

from __future__ import annotations

import json
import sys
from datetime import datetime

import django

django.setup()

from django.contrib.auth import get_user_model
from django.db import transaction
from spirit.category.models import Category
from spirit.comment.forms import CommentForm
from spirit.comment.models import Comment
from spirit.comment.utils import comment_posted, post_comment_update, pre_comment_update
from spirit.core.utils.markdown import quotify
from spirit.topic.forms import TopicForm
from spirit.topic.models import Topic


def member(name):
    """Spirit keeps user names in lower case and shows the nickname."""
    users = get_user_model().objects
    user = users.filter(username=name.lower()).first()
    if user is None:
        user = users.create_user(username=name, email=f"member{users.count()}@example.com")
        user.st.nickname = name
        user.st.save()
        user = users.get(pk=user.pk)
    return user


def publish(topic, author, text):
    form = CommentForm(user=member(author), topic=topic, data={"comment": text})
    if not form.is_valid():
        sys.exit(f"Spirit refuses a comment: {form.errors.as_json()}")
    comment = form.save()
    comment_posted(comment=comment, mentions=form.mentions)
    return comment


def edit(comment, text):
    form = CommentForm(data={"comment": text}, instance=comment)
    if not form.is_valid():
        sys.exit(f"Spirit refuses an edit: {form.errors.as_json()}")
    pre_comment_update(comment=Comment.objects.get(pk=comment.pk))
    post_comment_update(comment=form.save())


def seed_topic(plan):
    category, _ = Category.objects.get_or_create(title=plan["category"])
    opener = plan["posts"][0]
    form = TopicForm(member(opener["author"]), data={"title": plan["title"], "category": category.pk})
    if not form.is_valid():
        sys.exit(f"Spirit refuses a topic: {form.errors.as_json()}")
    topic = form.save()
    comments = []
    for post in plan["posts"]:
        text = post["text"]
        if post["quotes"] is not None:
            quoted = comments[post["quotes"]]
            text = f"{quotify(quoted.comment, quoted.user.st.nickname)}{text}"
        comment = publish(topic, post["author"], text)
        comments.append(comment)
        if post["edited_text"]:
            edit(comment, post["edited_text"])
        Comment.objects.filter(pk=comment.pk).update(
            date=datetime.fromisoformat(post["published_at"]), is_removed=post["is_removed"]
        )
    times = [datetime.fromisoformat(post["published_at"]) for post in plan["posts"]]
    Topic.objects.filter(pk=topic.pk).update(date=times[0], last_active=times[-1])
    return {"topic": topic.pk, "comments": [comment.pk for comment in comments]}


def answer(request):
    if request["command"] == "seed":
        with transaction.atomic():
            return [seed_topic(plan) for plan in request["topics"]]
    if request["command"] == "reply":
        comment = publish(Topic.objects.get(pk=request["topic"]), request["author"], request["text"])
        return {"id": comment.pk, "published_at": comment.date.isoformat()}
    comment = Comment.objects.get(pk=request["comment"])
    if request["command"] == "remove":
        Comment.objects.filter(pk=comment.pk).update(is_removed=True)
    else:
        edit(comment, request["text"])
    return {"id": comment.pk}


print(json.dumps(answer(json.load(sys.stdin))))
