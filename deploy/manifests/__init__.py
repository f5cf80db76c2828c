"""Checks of what is deployed: the Kubernetes manifests, the compose file, the Dockerfile."""
