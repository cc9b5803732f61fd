<?php
// Writes articles and comments through WordPress's own functions.
// Reads one request as JSON from standard input, prints the answer as JSON on the last line.
[, $root, $network] = $argv;
$_SERVER['HTTP_HOST'] = $network;
$_SERVER['REQUEST_URI'] = '/';
$_SERVER['SERVER_PROTOCOL'] = 'HTTP/1.1';
$_SERVER['REQUEST_METHOD'] = 'GET';
require $root . '/wp-load.php';

function settle(array $request): void
{
    $settings = array(
        'timezone_string' => $request['zone'],
        'permalink_structure' => '/%year%/%monthnum%/%day%/%postname%/',
        'comment_moderation' => 0,
        'comment_previously_approved' => 0,
        'comment_registration' => 0,
        'page_comments' => 1,
        'comments_per_page' => $request['per_page'],
        'default_comments_page' => 'oldest',
        'thread_comments' => 1,
        'thread_comments_depth' => 5,
        'default_pingback_flag' => 0,
        'close_comments_for_old_posts' => 0,
    );
    foreach ($settings as $name => $value) {
        update_option($name, $value);
    }
    $GLOBALS['wp_rewrite']->init();
    flush_rewrite_rules(false);
    wp_delete_post(1, true);
}

function times(string $iso): array
{
    $gmt = gmdate('Y-m-d H:i:s', strtotime($iso));
    return array($gmt, get_date_from_gmt($gmt));
}

function publish(array $plan): array
{
    [$gmt, $local] = times($plan['published_at']);
    $article = wp_insert_post(wp_slash(array(
        'post_title' => $plan['title'],
        'post_content' => $plan['text'],
        'post_status' => 'publish',
        'post_author' => 1,
        'post_date' => $local,
        'post_date_gmt' => $gmt,
        'comment_status' => 'open',
    )), true);
    if (is_wp_error($article)) {
        exit('WordPress refuses an article: ' . $article->get_error_message());
    }
    $ids = array();
    foreach ($plan['comments'] as $comment) {
        [$gmt, $local] = times($comment['published_at']);
        $ids[] = wp_insert_comment(wp_slash(array(
            'comment_post_ID' => $article,
            'comment_author' => $comment['author'],
            'comment_author_email' => 'visitor@example.com',
            'comment_content' => $comment['text'],
            'comment_date' => $local,
            'comment_date_gmt' => $gmt,
            'comment_parent' => $comment['parent'] === null ? 0 : $ids[$comment['parent']],
            'comment_approved' => $comment['is_removed'] ? 'trash' : 1,
        )));
    }
    return array('article' => $article, 'comments' => $ids);
}

$request = json_decode(stream_get_contents(STDIN), true, 512, JSON_THROW_ON_ERROR);
if ($request['command'] === 'seed') {
    settle($request);
    $answer = array_map('publish', $request['articles']);
} else {
    $change = array('comment_ID' => $request['comment'], 'comment_content' => wp_slash($request['text']));
    if (wp_update_comment($change, true) !== 1) {
        exit('WordPress refuses the edit.');
    }
    $answer = array('id' => $request['comment']);
}
echo "\n", json_encode($answer), "\n";
