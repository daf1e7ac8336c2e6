"""Stands in for boto3 where it is not installed. It has one client, that of @connections."""

from boto3.session import Session


def client(service, **options):
    return Session().client(service, **options)


def resource(service, **options):
    return Session().resource(service, **options)
