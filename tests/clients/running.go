package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/httpstream"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/portforward"
	"k8s.io/client-go/tools/remotecommand"
	"k8s.io/client-go/transport/spdy"
)

// Logs, commands and forwards, as k9s, stern and kubectl run them.
var running = []check{
	{"logs with every option", logs},
	{"logs followed, from a time on, with time stamps", followed},
	{"pods watched by selectors, as a log tailer does", tailer},
	{"a command over SPDY, over WebSocket, and with the fallback", commands},
	{"a terminal that is resized", terminal},
	{"ports forwarded over SPDY and through a WebSocket", forwards},
	{"a debugging container", debugging},
}

func (c *cluster) log(ctx context.Context, pod *corev1.Pod, options corev1.PodLogOptions) (string, error) {
	stream, err := c.typed.CoreV1().Pods(space).GetLogs(pod.Name, &options).Stream(ctx)
	if err != nil {
		return "", err
	}
	defer stream.Close()
	text, err := io.ReadAll(stream)
	return string(text), err
}

func logs(ctx context.Context, c *cluster) error {
	pod, err := c.pod(ctx)
	if err != nil {
		return err
	}
	number := func(n int64) *int64 { return &n }
	whole, err := c.log(ctx, pod, corev1.PodLogOptions{Container: "web"})
	if err != nil {
		return err
	}
	if strings.Count(whole, "\n") < 2 {
		return fmt.Errorf("the log is %q", whole)
	}
	last, err := c.log(ctx, pod, corev1.PodLogOptions{TailLines: number(1)})
	if err != nil || strings.Count(last, "\n") != 1 {
		return fmt.Errorf("the last line is %q: %w", last, err)
	}
	none, err := c.log(ctx, pod, corev1.PodLogOptions{TailLines: number(0)})
	if err != nil || none != "" {
		return fmt.Errorf("no line is %q: %w", none, err)
	}
	few, err := c.log(ctx, pod, corev1.PodLogOptions{LimitBytes: number(10)})
	if err != nil || len(few) != 10 {
		return fmt.Errorf("ten bytes are %q: %w", few, err)
	}
	stamped, err := c.log(ctx, pod, corev1.PodLogOptions{Timestamps: true, TailLines: number(1)})
	if err != nil {
		return err
	}
	stamp, _, _ := strings.Cut(stamped, " ")
	if _, err := time.Parse(time.RFC3339Nano, stamp); err != nil {
		return err
	}
	later := metav1.NewTime(time.Now().Add(time.Hour))
	for _, options := range []corev1.PodLogOptions{{SinceSeconds: number(3600)}, {SinceTime: &later}, {InsecureSkipTLSVerifyBackend: true, TailLines: number(1)}} {
		if _, err := c.log(ctx, pod, options); err != nil {
			return fmt.Errorf("%+v: %w", options, err)
		}
	}
	_, err = c.log(ctx, pod, corev1.PodLogOptions{Container: "nosuch"})
	return refused(err, metav1.StatusReasonBadRequest, 400, "container nosuch is not valid for pod "+pod.Name)
}

func followed(ctx context.Context, c *cluster) error {
	pod, err := c.pod(ctx)
	if err != nil {
		return err
	}
	two := int64(2)
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	stream, err := c.typed.CoreV1().Pods(space).GetLogs(pod.Name, &corev1.PodLogOptions{Follow: true, Timestamps: true, TailLines: &two, Container: "web"}).Stream(ctx)
	if err != nil {
		return err
	}
	defer stream.Close()
	lines := bufio.NewScanner(stream)
	var last string
	for range 2 {
		if !lines.Scan() {
			return fmt.Errorf("the log has ended: %w", lines.Err())
		}
		last = lines.Text()
	}
	stamp, _, _ := strings.Cut(last, " ")
	at, err := time.Parse(time.RFC3339Nano, stamp)
	if err != nil {
		return err
	}
	// As a program does that goes on after a lost connection.
	since := metav1.NewTime(at)
	again, err := c.log(ctx, pod, corev1.PodLogOptions{SinceTime: &since, Timestamps: true})
	if err == nil && !strings.Contains(again, last) {
		err = fmt.Errorf("%q is not in %q", last, again)
	}
	return err
}

func tailer(ctx context.Context, c *cluster) error {
	options := metav1.ListOptions{LabelSelector: "app=web", FieldSelector: "metadata.namespace=" + space}
	w, err := c.typed.CoreV1().Pods(space).Watch(ctx, options)
	if err != nil {
		return err
	}
	defer w.Stop()
	for range 2 {
		event, err := next(ctx, w)
		if err != nil {
			return err
		}
		pod := event.Object.(*corev1.Pod)
		if event.Type != "ADDED" || pod.Labels["app"] != "web" || len(pod.Status.ContainerStatuses) != 1 || pod.Status.ContainerStatuses[0].ContainerID == "" {
			return fmt.Errorf("%v %s with %v", event.Type, pod.Name, pod.Status.ContainerStatuses)
		}
	}
	return nil
}

// The ways to a running command.
func (c *cluster) executors(pod *corev1.Pod, options corev1.PodExecOptions) (map[string]remotecommand.Executor, error) {
	options.Container = "web"
	request := c.typed.CoreV1().RESTClient().Post().Resource("pods").Namespace(space).Name(pod.Name).SubResource("exec").VersionedParams(&options, scheme.ParameterCodec)
	spdy, err := remotecommand.NewSPDYExecutor(c.config, "POST", request.URL())
	if err != nil {
		return nil, err
	}
	socket, err := remotecommand.NewWebSocketExecutor(c.config, "GET", request.URL().String())
	if err != nil {
		return nil, err
	}
	fallback, err := remotecommand.NewFallbackExecutor(socket, spdy, httpstream.IsUpgradeFailure)
	return map[string]remotecommand.Executor{"SPDY": spdy, "WebSocket": socket, "fallback": fallback}, err
}

func commands(ctx context.Context, c *cluster) error {
	pod, err := c.pod(ctx)
	if err != nil {
		return err
	}
	ways, err := c.executors(pod, corev1.PodExecOptions{Command: []string{"sh", "-c", "read line; echo got $line; echo err >&2"}, Stdin: true, Stdout: true, Stderr: true})
	if err != nil {
		return err
	}
	for name, way := range ways {
		var out, broken bytes.Buffer
		ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
		err := way.StreamWithContext(ctx, remotecommand.StreamOptions{Stdin: strings.NewReader("hello\n"), Stdout: &out, Stderr: &broken})
		cancel()
		if err != nil || out.String() != "got hello\n" || broken.String() != "err\n" {
			return fmt.Errorf("%s: %q %q %w", name, out.String(), broken.String(), err)
		}
	}
	ways, err = c.executors(pod, corev1.PodExecOptions{Command: []string{"sh", "-c", "exit 3"}, Stdout: true, Stderr: true})
	if err != nil {
		return err
	}
	for name, way := range ways {
		err := way.StreamWithContext(ctx, remotecommand.StreamOptions{Stdout: io.Discard, Stderr: io.Discard})
		// kwok tells the code in words only.
		if err == nil || !strings.Contains(err.Error(), "3") {
			return fmt.Errorf("%s: the exit code is told as %v", name, err)
		}
	}
	return nil
}

type sizes chan remotecommand.TerminalSize

func (s sizes) Next() *remotecommand.TerminalSize {
	size, open := <-s
	if !open {
		return nil
	}
	return &size
}

func terminal(ctx context.Context, c *cluster) error {
	pod, err := c.pod(ctx)
	if err != nil {
		return err
	}
	ways, err := c.executors(pod, corev1.PodExecOptions{Command: []string{"sh"}, Stdin: true, Stdout: true, TTY: true})
	if err != nil {
		return err
	}
	for name, way := range ways {
		input, typed := io.Pipe()
		queue := make(sizes, 2)
		queue <- remotecommand.TerminalSize{Width: 100, Height: 30}
		queue <- remotecommand.TerminalSize{Width: 120, Height: 40}
		go func() {
			time.Sleep(300 * time.Millisecond)
			_, _ = io.WriteString(typed, "exit\n")
		}()
		ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
		err := way.StreamWithContext(ctx, remotecommand.StreamOptions{Stdin: input, Stdout: io.Discard, Tty: true, TerminalSizeQueue: queue})
		cancel()
		close(queue)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func forwards(ctx context.Context, c *cluster) error {
	pod, err := c.pod(ctx)
	if err != nil {
		return err
	}
	at := c.typed.CoreV1().RESTClient().Post().Resource("pods").Namespace(space).Name(pod.Name).SubResource("portforward").URL()
	transport, upgrader, err := spdy.RoundTripperFor(c.config)
	if err != nil {
		return err
	}
	plain := spdy.NewDialer(upgrader, &http.Client{Transport: transport}, "POST", at)
	tunnel, err := portforward.NewSPDYOverWebsocketDialer(at, c.config)
	if err != nil {
		return err
	}
	fallback := portforward.NewFallbackDialer(tunnel, plain, httpstream.IsUpgradeFailure)
	for name, dialer := range map[string]httpstream.Dialer{"SPDY": plain, "tunnel": tunnel, "fallback": fallback} {
		if err := forwarded(ctx, dialer, at); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func forwarded(ctx context.Context, dialer httpstream.Dialer, _ *url.URL) error {
	stop, ready := make(chan struct{}), make(chan struct{})
	forwarder, err := portforward.New(dialer, []string{"0:8080"}, stop, ready, io.Discard, io.Discard)
	if err != nil {
		return err
	}
	done := make(chan error, 1)
	go func() { done <- forwarder.ForwardPorts() }()
	select {
	case <-ready:
	case err := <-done:
		return err
	case <-time.After(10 * time.Second):
		return fmt.Errorf("it does not get ready")
	}
	ports, err := forwarder.GetPorts()
	if err != nil {
		return err
	}
	// kwok forwards to nobody, so an answer is not asked for; that the line breaks alone is.
	request, err := http.NewRequestWithContext(ctx, "GET", fmt.Sprintf("http://127.0.0.1:%d/", ports[0].Local), nil)
	if err != nil {
		return err
	}
	client := &http.Client{Timeout: 3 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	if answer, err := client.Do(request); err == nil {
		answer.Body.Close()
	}
	close(stop)
	select {
	case err = <-done:
		return err
	case <-time.After(10 * time.Second):
		return fmt.Errorf("it does not end")
	}
}

func debugging(ctx context.Context, c *cluster) error {
	pod, err := c.pod(ctx)
	if err != nil {
		return err
	}
	pod.Spec.EphemeralContainers = append(pod.Spec.EphemeralContainers, corev1.EphemeralContainer{
		EphemeralContainerCommon: corev1.EphemeralContainerCommon{Name: "debugger", Image: "registry.k8s.io/busybox:1.36", Stdin: true, TTY: true}, TargetContainerName: "web"})
	changed, err := c.typed.CoreV1().Pods(space).UpdateEphemeralContainers(ctx, pod.Name, pod, metav1.UpdateOptions{})
	if err != nil {
		return err
	}
	if len(changed.Spec.EphemeralContainers) != 1 || changed.Spec.EphemeralContainers[0].ImagePullPolicy == "" {
		return fmt.Errorf("it has %v", changed.Spec.EphemeralContainers)
	}
	changed.Spec.EphemeralContainers = nil
	_, err = c.typed.CoreV1().Pods(space).UpdateEphemeralContainers(ctx, pod.Name, changed, metav1.UpdateOptions{})
	return refused(err, metav1.StatusReasonInvalid, 422, "existing ephemeral containers \"debugger\" may not be removed")
}
